output "urls" {
  description = "Where a person finds the environment: the site, the API with its admin, and the static assets."
  value       = { for purpose, host in local.hosts : purpose => "https://${host}/" }
}

output "cluster" {
  description = "Name of the ECS cluster and of the services in it by role."
  value       = { name = module.cluster.name, services = local.service_names }
}

output "tasks" {
  description = "What each task runs, by role: family, revision, and the container definition with its image, command, environment and the secrets it refers to."
  value       = local.tasks
}

output "database" {
  description = "Where the database answers inside the network, the secret that holds its master credentials, and how many connections it takes at its maximum capacity against what the tasks can open."
  value = {
    endpoint             = module.database.endpoint
    reader_endpoint      = module.database.reader_endpoint
    name                 = module.database.database_name
    port                 = local.database_port
    cluster              = module.database.cluster_identifier
    master_secret_arn    = module.database.master_secret_arn
    connections_at_most  = local.connections_at_most
    connections_accepted = module.database.max_connections
  }

  precondition {
    condition     = local.connections_at_most <= module.database.max_connections - 10
    error_message = "The tasks can open ${local.connections_at_most} connections (twice the maximum of tasks, while a deployment replaces them), but the database accepts ${module.database.max_connections}, of which 10 are kept for people: raise database.max_acu, or lower web.max, web.workers, web.threads, worker.max or worker.concurrency."
  }
}

output "queues" {
  description = "Queue of the jobs and its dead-letter queue: name and URL (null without workers)."
  value = one([for queue in module.queue : {
    tasks = { name = queue.name, url = queue.url }
    dead  = { name = queue.dead_letter_name, url = queue.dead_letter_url }
  }])
}

output "buckets" {
  description = "Names of the buckets by purpose."
  value       = local.buckets
}

output "distributions" {
  description = "Ids of the CloudFront distributions by purpose."
  value = {
    site   = module.site_cdn.distribution_id
    static = module.static_cdn.distribution_id
  }
}

output "load_balancer" {
  description = "The load balancer's own name, its listener and the group of its targets."
  value = {
    dns_name         = module.load_balancer.dns_name
    listener_arn     = module.load_balancer.listener_arn
    target_group_arn = module.load_balancer.target_group_arn
  }
}

output "secrets" {
  description = "Secrets by key: the ARN, and whether the verbs generate the value or the team sets it."
  value = { for key, secret in module.secrets.secrets : key => {
    arn       = secret.arn
    generated = contains(["django-secret-key", "database-app"], key)
  } }
}

output "dashboard" {
  description = "Name of the CloudWatch dashboard."
  value       = module.observability.dashboard_name
}
