output "arn" {
  description = "ARN of the bucket."
  value       = local._arn
  depends_on  = [aws_s3_bucket_policy.this]
}

# The two domain names don't wait for the policy: it names the distributions, which are made from these names.
output "domain_name" {
  description = "Name of the bucket for CloudFront's standard logs."
  value       = "${var.name}.s3.amazonaws.com"
  depends_on  = [aws_s3_bucket.this, aws_s3_bucket_ownership_controls.this]
}

output "name" {
  description = "Name of the bucket, once its policy lets services write to it."
  value       = var.name
  depends_on  = [aws_s3_bucket_policy.this]
}

output "regional_domain_name" {
  description = "Name of the bucket as the origin of a distribution."
  value       = "${var.name}.s3.${var.account.region}.amazonaws.com"
  depends_on  = [aws_s3_bucket.this]
}
