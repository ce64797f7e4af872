output "distribution_arn" {
  description = "ARN of the distribution, for the bucket's policy."
  value       = aws_cloudfront_distribution.this.arn
}

output "distribution_id" {
  description = "Id of the distribution, for invalidations."
  value       = aws_cloudfront_distribution.this.id
}

output "domain_name" {
  description = "Name that an alias record points at."
  value       = aws_cloudfront_distribution.this.domain_name
}

output "zone_id" {
  description = "Hosted zone of domain_name, for alias records."
  value       = aws_cloudfront_distribution.this.hosted_zone_id
}
