output "hosted_zone" {
  description = "Id of the zone for the other roots, and the name servers that the registrar of the domain must name."
  value = {
    zone_id      = module.hosted_zone.zone_id
    name_servers = module.hosted_zone.name_servers
  }
}

output "repositories" {
  description = "Registry of the images: ARN and URL by name."
  value       = module.registry.repositories
}
