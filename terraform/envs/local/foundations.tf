# What `invoke bootstrap` and `shared` hold for the other environments, a laptop holds for itself.
module "hosted_zone" {
  source = "../../modules/hosted-zone"

  domain_name = "gallery.localhost"
}

module "registry" {
  source = "../../modules/registry"

  name             = "gallery-local"
  account          = { id = "123456789012", region = "eu-west-1" }
  repositories     = ["gallery/backend"]
  keep_images      = 10
  pull_account_ids = []
}

output "hosted_zone" {
  description = "Id of the zone, and the name servers that a registrar would name."
  value = {
    zone_id      = module.hosted_zone.zone_id
    name_servers = module.hosted_zone.name_servers
  }
}

output "repositories" {
  description = "Registry of the images: ARN and URL by name."
  value       = module.registry.repositories
}
