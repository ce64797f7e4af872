locals {
  # Numbered, not named writer and reader: after a failover another one writes.
  _instances = { for number in range(1, var.readers + 2) : tostring(number) => number }

  # Performance Insights needs about 2 ACU to itself (Aurora user guide, "Aurora Serverless v2 and Performance Insights").
  _performance_insights = var.capacity.min_acu >= 2
}

resource "aws_rds_cluster_instance" "this" {
  for_each = local._instances

  identifier                   = "${var.name}-${each.key}"
  cluster_identifier           = aws_rds_cluster.this.id
  engine                       = local._engine
  instance_class               = "db.serverless"
  db_subnet_group_name         = aws_db_subnet_group.this.name
  publicly_accessible          = false
  ca_cert_identifier           = "rds-ca-rsa2048-g1"
  auto_minor_version_upgrade   = true
  preferred_maintenance_window = local._maintenance_window
  copy_tags_to_snapshot        = true
  apply_immediately            = true

  # In tiers 0 and 1 a reader keeps the capacity of the writer, and can take its place at once; in others it sizes itself.
  promotion_tier = each.value - 1

  monitoring_interval = 60
  monitoring_role_arn = aws_iam_role.monitoring.arn

  performance_insights_enabled          = local._performance_insights
  performance_insights_kms_key_id       = local._performance_insights ? var.kms_key_arn : null
  performance_insights_retention_period = local._performance_insights ? 7 : null # days; the free tier
}
