# RDS writes to these names. Made before the cluster, else RDS makes them: without an end to their retention, and outside
# Terraform.
resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(["postgresql"])

  name              = "/aws/rds/cluster/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}
