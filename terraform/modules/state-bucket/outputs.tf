output "arn" {
  description = "ARN of the bucket."
  value       = local._arn
  depends_on  = [aws_s3_bucket_policy.this]
}

output "name" {
  description = "Name of the bucket, once it is versioned, encrypted and closed."
  value       = var.name
  depends_on  = [aws_s3_bucket_policy.this, aws_s3_bucket_server_side_encryption_configuration.this, aws_s3_bucket_versioning.this]
}
