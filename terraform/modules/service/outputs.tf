output "container" {
  description = "The container definition as an object, so that what is known of it can be read in a plan."
  value       = local._container
}

output "execution_role_arn" {
  description = "ARN of the role with which ECS starts the task: pulls its image, resolves its secrets, writes its log."
  value       = local._execution_role_arn
  depends_on  = [aws_iam_role.execution]
}

output "log_group_name" {
  description = "Log group that holds what the tasks print."
  value       = local._log_group_name
  depends_on  = [aws_cloudwatch_log_group.this]
}

output "security_group_id" {
  description = "Security group of the tasks."
  value       = aws_security_group.this.id
}

output "service_name" {
  description = "Name of the ECS service; null for a one-off task."
  value       = var.replicas == null ? null : var.role
  depends_on  = [aws_ecs_service.this]
}

output "task_definition_arn" {
  description = "ARN of the revision that Terraform sees as the newest."
  value       = aws_ecs_task_definition.this.arn
}

output "task_definition_family" {
  description = "Family of the task definition, whose newest revision a release replaces."
  value       = local._full_name
  depends_on  = [aws_ecs_task_definition.this]
}

output "task_role_arn" {
  description = "ARN of the role that the code in the container has."
  value       = local._task_role_arn
  depends_on  = [aws_iam_role.task]
}

output "task_role_name" {
  description = "Name of the role that the code in the container has."
  value       = local._task_role_name
  depends_on  = [aws_iam_role.task]
}
