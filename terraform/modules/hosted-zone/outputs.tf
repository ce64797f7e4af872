output "name_servers" {
  description = "Name servers to enter where the domain was bought, or in the parent zone."
  value       = aws_route53_zone.this.name_servers
}

output "zone_id" {
  description = "Id of the zone."
  value       = aws_route53_zone.this.zone_id
}
