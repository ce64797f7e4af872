# What each of these is stands at the output of the same name in terraform/stack/outputs.tf.

output "buckets" {
  value = module.stack.buckets
}

output "cluster" {
  value = module.stack.cluster
}

output "dashboard" {
  value = module.stack.dashboard
}

output "database" {
  value = module.stack.database
}

output "distributions" {
  value = module.stack.distributions
}

output "load_balancer" {
  value = module.stack.load_balancer
}

output "queues" {
  value = module.stack.queues
}

output "secrets" {
  value = module.stack.secrets
}

output "tasks" {
  value = module.stack.tasks
}

output "urls" {
  value = module.stack.urls
}
