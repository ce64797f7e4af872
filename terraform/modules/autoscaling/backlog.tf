locals {
  _backlogs = var.backlog_per_task == null ? [] : [var.backlog_per_task]

  # Whether the service is ever at zero tasks while it could have some, and so has to be woken.
  _sleeps = var.min == 0 || anytrue([for time in values(var.schedule) : time.min == 0 && time.max > 0])

  _metrics = {
    visible   = { namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", dimensions = local._queue_dimensions }
    in_flight = { namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesNotVisible", dimensions = local._queue_dimensions }
    tasks     = { namespace = "ECS/ContainerInsights", name = "RunningTaskCount", dimensions = { ClusterName = var.cluster_name, ServiceName = var.service_name } }
  }
  _queue_dimensions = { for backlog in local._backlogs : "QueueName" => backlog.queue_name }
}

# Waiting messages for each running task. While only messages in the hands of a worker are left they count as one that
# waits, so that the last task goes when its job is done and not before.
resource "aws_appautoscaling_policy" "backlog" {
  count = length(local._backlogs)

  name               = "${var.name}-backlog"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  resource_id        = aws_appautoscaling_target.this.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = var.backlog_per_task.messages
    scale_out_cooldown = var.cooldowns.out_seconds
    scale_in_cooldown  = var.cooldowns.in_seconds

    customized_metric_specification {
      dynamic "metrics" {
        for_each = local._metrics
        content {
          id          = metrics.key
          return_data = false

          metric_stat {
            stat = "Average"

            metric {
              namespace   = metrics.value.namespace
              metric_name = metrics.value.name

              dynamic "dimensions" {
                for_each = metrics.value.dimensions
                content {
                  name  = dimensions.key
                  value = dimensions.value
                }
              }
            }
          }
        }
      }

      metrics {
        id          = "waiting"
        label       = "messages that wait, or 1 while some are worked on"
        expression  = "IF(visible > 0, visible, IF(in_flight > 0, 1, 0))"
        return_data = false
      }

      # At zero tasks there is nothing to divide by; the wake policy below acts then.
      metrics {
        id          = "backlog"
        label       = "messages that wait for each task"
        expression  = "IF(tasks > 0, waiting / tasks, waiting)"
        return_data = true
      }
    }
  }
}

# From zero: target tracking knows no backlog per task when no task reports. One is enough; from there tracking goes on.
resource "aws_appautoscaling_policy" "wake" {
  count = local._sleeps ? length(local._backlogs) : 0

  name               = "${var.name}-wake"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  resource_id        = aws_appautoscaling_target.this.resource_id

  step_scaling_policy_configuration {
    adjustment_type         = "ChangeInCapacity" # an exact capacity would also take tasks away from a service that is awake
    metric_aggregation_type = "Maximum"
    cooldown                = 180 # the first task needs about two minutes before it shows as running

    step_adjustment {
      metric_interval_lower_bound = 0
      scaling_adjustment          = 1
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "wake" {
  count = local._sleeps ? length(local._backlogs) : 0

  alarm_name          = "${var.name}-wake"
  alarm_description   = "Messages wait and no task runs: starts the first one. Not for people; in alarm for long, the service can't start. Runbook: docs/runbooks/service-missing-tasks.md"
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching" # SQS stops reporting a queue that nobody has used for hours: nothing waits
  alarm_actions       = [aws_appautoscaling_policy.wake[0].arn]

  metric_query {
    id          = "asleep"
    label       = "messages that wait while no task runs"
    expression  = "IF(FILL(tasks, 0) > 0, 0, visible)" # with none running the metric stops instead of falling to zero
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { for id, metric in local._metrics : id => metric if id != "in_flight" }
    content {
      id = metric_query.key

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        stat        = "Maximum"
        period      = 60
      }
    }
  }
}
