output "secrets" {
  description = "The secrets by key: ARN, name, and the ARN as policies need it, with its random suffix as six question marks."
  value = { for key, secret in aws_secretsmanager_secret.this : key => {
    arn     = secret.arn
    name    = "${var.name}/${key}"
    pattern = local._patterns[key]
  } }

  # Who may use a secret must find its policy in force.
  depends_on = [aws_secretsmanager_secret_policy.this]
}
