output "repositories" {
  description = "Registry of the images: ARN and URL by name."
  value       = module.registry.repositories
}
