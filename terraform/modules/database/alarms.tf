locals {
  _any_instance = { DBClusterIdentifier = var.name }
  _writer       = { DBClusterIdentifier = var.name, Role = "WRITER" }

  _alarms = merge(
    {
      capacity = {
        metric     = "ACUUtilization"
        dimensions = local._any_instance
        statistic  = "Maximum"
        comparison = "GreaterThanThreshold"
        limit      = 90
        meaning    = "The database has used over 90 % of its maximum capacity for 15 minutes: it can't grow any more, and queries get slow."
      }
      connections = {
        metric     = "DatabaseConnections"
        dimensions = local._writer
        statistic  = "Maximum"
        comparison = "GreaterThanThreshold"
        limit      = floor(local._max_connections * 0.8)
        meaning    = "Over 80 % of the connections that the database accepts have been open for 15 minutes. When they are used up, requests fail."
      }
      # Counted as if the instance had scaled to its maximum: near zero only when no more can come.
      memory = {
        metric     = "FreeableMemory"
        dimensions = local._any_instance
        statistic  = "Minimum"
        comparison = "LessThanThreshold"
        limit      = floor(local._bytes_per_acu * var.capacity.max_acu * 0.1)
        meaning    = "Less than a tenth of the memory that the maximum capacity has is left, for 15 minutes. Without any the instance restarts."
      }
    },
    { for name, alarm in {
      replica-lag = {
        metric     = "AuroraReplicaLagMaximum"
        dimensions = local._any_instance
        statistic  = "Maximum"
        comparison = "GreaterThanThreshold"
        limit      = 1000 # milliseconds; usual are 20
        meaning    = "A reader has been over a second behind the writer for 15 minutes: it answers with old data, and Aurora restarts a reader that falls far behind."
      }
    } : name => alarm if var.readers > 0 },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local._alarms

  alarm_name          = "${var.name}-database-${each.key}"
  alarm_description   = "${each.value.meaning} Runbook: docs/runbooks/database-${each.key}.md"
  namespace           = "AWS/RDS"
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = 3
  threshold           = each.value.limit
  comparison_operator = each.value.comparison
  treat_missing_data  = "notBreaching" # a paused cluster reports nothing
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}
