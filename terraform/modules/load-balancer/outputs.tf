output "arn" {
  description = "ARN of the load balancer."
  value       = aws_lb.this.arn
}

output "arn_suffix" {
  description = "The load balancer in the dimensions of metrics."
  value       = aws_lb.this.arn_suffix
}

output "dns_name" {
  description = "Name that an alias record points at."
  value       = aws_lb.this.dns_name
}

output "listener_arn" {
  description = "ARN of the HTTPS listener."
  value       = aws_lb_listener.https.arn
}

output "rollback_alarm_names" {
  description = "Alarms that a bad release sets off: a deployment that sees one of them goes back."
  value       = [local._error_ratio_alarm, local._latency_alarm]
  depends_on  = [aws_cloudwatch_metric_alarm.error_ratio, aws_cloudwatch_metric_alarm.latency]
}

output "security_group_id" {
  description = "Group of the load balancer, for the ingress rules of the tasks."
  value       = aws_security_group.this.id
}

output "target_group_arn" {
  description = "ARN of the target group."
  value       = aws_lb_target_group.this.arn

  # ECS refuses a service whose target group has no load balancer yet.
  depends_on = [aws_lb_listener.https]
}

output "target_group_arn_suffix" {
  description = "The target group in the dimensions of metrics."
  value       = aws_lb_target_group.this.arn_suffix
}

output "zone_id" {
  description = "Hosted zone of dns_name, for alias records."
  value       = aws_lb.this.zone_id
}
