locals {
  _arn            = "arn:aws:rds:${var.account.region}:${var.account.id}"
  _database_name  = "app"
  _engine         = "aurora-postgresql"
  _engine_version = "16.8"
  _family         = "aurora-postgresql16"
  _port           = 5432

  # One hour apart: AWS refuses a backup window that overlaps the maintenance window. Both in UTC, while Europe sleeps.
  _backup_window      = "01:00-02:00"
  _maintenance_window = "sun:03:00-sun:04:00"
}

resource "aws_rds_cluster" "this" {
  cluster_identifier              = var.name
  engine                          = local._engine
  engine_mode                     = "provisioned" # what Serverless v2 is called; "serverless" was v1
  engine_version                  = local._engine_version
  database_name                   = local._database_name
  port                            = local._port
  db_subnet_group_name            = aws_db_subnet_group.this.name
  vpc_security_group_ids          = [aws_security_group.this.id]
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.this.name

  # RDS makes the master password, rotates it every seven days and keeps it in Secrets Manager: Terraform never sees it.
  master_username                     = "master"
  manage_master_user_password         = true
  master_user_secret_kms_key_id       = var.kms_key_arn
  iam_database_authentication_enabled = true

  storage_encrypted = true
  kms_key_id        = var.kms_key_arn

  backup_retention_period      = var.backup_retention_days
  preferred_backup_window      = local._backup_window
  preferred_maintenance_window = local._maintenance_window
  copy_tags_to_snapshot        = true
  deletion_protection          = var.deletion_protection
  delete_automated_backups     = !var.deletion_protection
  skip_final_snapshot          = !var.deletion_protection
  final_snapshot_identifier    = var.deletion_protection ? "${var.name}-final" : null

  enabled_cloudwatch_logs_exports = keys(aws_cloudwatch_log_group.this)

  # Otherwise a change waits for the maintenance window, and every plan until then shows it again.
  apply_immediately = true

  serverlessv2_scaling_configuration {
    min_capacity             = var.capacity.min_acu
    max_capacity             = var.capacity.max_acu
    seconds_until_auto_pause = var.capacity.auto_pause_seconds
  }

  lifecycle {
    ignore_changes = [engine_version] # AWS applies minor versions in the maintenance window; an apply would ask for the old one
  }
}

resource "aws_db_subnet_group" "this" {
  name        = var.name
  description = "Private subnets of ${var.name}"
  subnet_ids  = var.subnet_ids
}
