output "policy_names" {
  description = "Names of the scaling policies by what they follow."
  value = merge(
    { for policy in aws_appautoscaling_policy.cpu : "cpu" => policy.name },
    { for policy in aws_appautoscaling_policy.requests : "requests" => policy.name },
    { for policy in aws_appautoscaling_policy.backlog : "backlog" => policy.name },
    { for policy in aws_appautoscaling_policy.wake : "wake" => policy.name },
  )
}

output "resource_id" {
  description = "The service as Application Auto Scaling names it."
  value       = aws_appautoscaling_target.this.resource_id
}
