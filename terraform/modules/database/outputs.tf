output "cluster_identifier" {
  description = "Identifier of the cluster, as metrics know it."
  value       = var.name
  depends_on  = [aws_rds_cluster.this]
}

output "database_name" {
  description = "Name of the database that the cluster begins with."
  value       = local._database_name
  depends_on  = [aws_rds_cluster.this]
}

output "endpoint" {
  description = "Host name of the writer, whichever instance that is."
  value       = aws_rds_cluster.this.endpoint

  # The name resolves before there is an instance behind it.
  depends_on = [aws_rds_cluster_instance.this]
}

output "master_secret_arn" {
  description = "Secret in which RDS keeps and rotates the master credentials: JSON with username and password."
  value       = aws_rds_cluster.this.master_user_secret[0].secret_arn
}

output "max_connections" {
  description = "Connections that an instance accepts; Aurora derives it from the capacity."
  value       = local._max_connections
}

output "port" {
  description = "Port that the cluster listens on."
  value       = local._port
}

output "reader_endpoint" {
  description = "Host name that spreads connections over the readers, and is the writer's when there are none."
  value       = aws_rds_cluster.this.reader_endpoint
  depends_on  = [aws_rds_cluster_instance.this]
}

output "security_group_id" {
  description = "Security group of the cluster."
  value       = aws_security_group.this.id
}
