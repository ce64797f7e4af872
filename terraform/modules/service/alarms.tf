locals {
  _utilisation_alarms = {
    cpu = {
      metric  = "CPUUtilization"
      limit   = 85
      meaning = "The tasks have used over 85 % of their CPU for 15 minutes: autoscaling has reached its maximum or does not follow. Requests and jobs get slow."
    }
    memory = {
      metric  = "MemoryUtilization"
      limit   = 85
      meaning = "The tasks have used over 85 % of their memory for 15 minutes. At 100 % Fargate kills them; more tasks do not help against a leak."
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "utilisation" {
  for_each = var.replicas == null ? {} : local._utilisation_alarms

  alarm_name          = "${local._full_name}-${each.key}"
  alarm_description   = "${each.value.meaning} Runbook: docs/runbooks/service-${each.key}.md"
  namespace           = "AWS/ECS"
  metric_name         = each.value.metric
  dimensions          = { ClusterName = var.cluster.name, ServiceName = var.role }
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 3
  threshold           = each.value.limit
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching" # a service that sleeps at zero tasks reports nothing
  alarm_actions       = [var.alarms.topic_arn]
  ok_actions          = [var.alarms.topic_arn]

  depends_on = [aws_ecs_service.this]
}

resource "aws_cloudwatch_metric_alarm" "missing_tasks" {
  count = var.replicas == null ? 0 : 1

  alarm_name          = "${local._full_name}-missing-tasks"
  alarm_description   = "Fewer tasks run than should, for 15 minutes: they fail to start, fail their health check, or Fargate has no capacity. The service's events and the reasons of its stopped tasks say which. Runbook: docs/runbooks/service-missing-tasks.md"
  evaluation_periods  = 15
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching" # no figure of desired tasks: Container Insights knows no such service yet
  alarm_actions       = [var.alarms.topic_arn]
  ok_actions          = [var.alarms.topic_arn]

  metric_query {
    id          = "missing"
    label       = "missing tasks"
    expression  = "desired - FILL(running, 0)" # with none running the metric stops instead of falling to zero
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { desired = "DesiredTaskCount", running = "RunningTaskCount" }
    content {
      id = metric_query.key

      metric {
        namespace   = "ECS/ContainerInsights"
        metric_name = metric_query.value
        dimensions  = { ClusterName = var.cluster.name, ServiceName = var.role }
        stat        = "Average"
        period      = 60
      }
    }
  }

  depends_on = [aws_ecs_service.this]
}
