# Built from names, so that policies and environments that hold them are known at plan time.

output "arn" {
  description = "ARN of the queue."
  value       = local._arns.tasks
  depends_on  = [aws_sqs_queue.tasks]
}

output "dead_letter_arn" {
  description = "ARN of the dead-letter queue."
  value       = local._arns.dead
  depends_on  = [aws_sqs_queue.dead]
}

output "dead_letter_name" {
  description = "Name of the dead-letter queue."
  value       = local._names.dead
  depends_on  = [aws_sqs_queue.dead]
}

output "dead_letter_url" {
  description = "URL of the dead-letter queue."
  value       = local._urls.dead
  depends_on  = [aws_sqs_queue.dead]
}

output "name" {
  description = "Name of the queue."
  value       = local._names.tasks
  depends_on  = [aws_sqs_queue.tasks]
}

output "url" {
  description = "URL of the queue."
  value       = local._urls.tasks
  depends_on  = [aws_sqs_queue.tasks]
}
