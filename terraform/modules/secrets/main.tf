locals {
  # Secrets Manager adds a hyphen and six characters to the name.
  _patterns = { for key in keys(var.secrets) : key => "arn:aws:secretsmanager:${var.account.region}:${var.account.id}:secret:${var.name}/${key}-??????" }
}

# Without a version: a value that Terraform writes is in its state, or is one that nobody keeps secret.
resource "aws_secretsmanager_secret" "this" {
  for_each = var.secrets

  name                    = "${var.name}/${each.key}"
  description             = each.value.description
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_window_days
}
