output "names" {
  description = "Hostnames that have records."
  value       = sort(keys(var.aliases))
  depends_on  = [aws_route53_record.this]
}
