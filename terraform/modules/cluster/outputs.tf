output "arn" {
  description = "ARN of the cluster."
  value       = aws_ecs_cluster.this.arn

  # A service that names a capacity provider is refused until the cluster offers it.
  depends_on = [aws_ecs_cluster_capacity_providers.this]
}

output "name" {
  description = "Name of the cluster."
  value       = var.name
  depends_on  = [aws_ecs_cluster_capacity_providers.this]
}
