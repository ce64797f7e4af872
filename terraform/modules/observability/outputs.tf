output "dashboard_name" {
  description = "Name of the dashboard."
  value       = var.name
  depends_on  = [aws_cloudwatch_dashboard.this]
}

output "topic_arn" {
  description = "ARN of the topic that alarms go to."
  value       = local._topic_arn

  # What is published before the policy is in force is lost.
  depends_on = [aws_sns_topic.this, aws_sns_topic_policy.this]
}
