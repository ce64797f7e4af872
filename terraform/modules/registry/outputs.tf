output "repositories" {
  description = "The repositories by name: ARN, and the URL that an image's name begins with."
  value       = local._repositories

  # Who may pull must find the policy in force.
  depends_on = [aws_ecr_repository.this, aws_ecr_repository_policy.this]
}
