# What people type and see in `invoke shell`. It is the task that writes it, so the service module grants its task roles
# exactly this name.
resource "aws_cloudwatch_log_group" "exec" {
  name              = "/${var.name}/exec"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}
