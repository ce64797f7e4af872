resource "aws_rds_cluster_parameter_group" "this" {
  name        = "${var.name}-${local._family}"
  family      = local._family
  description = "Settings of ${var.name}"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  # Statements slower than a second, in milliseconds.
  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  # A transaction that waits for its client for a minute (in milliseconds) holds locks, and keeps vacuum from its rows.
  parameter {
    name  = "idle_in_transaction_session_timeout"
    value = "60000"
  }
}
