output "acl_arn" {
  description = "ARN of the web ACL."
  value       = aws_wafv2_web_acl.this.arn
}

output "log_group_name" {
  description = "Log group of the blocked and counted requests."
  value       = local._log_group
  depends_on  = [aws_cloudwatch_log_group.this]
}
