locals {
  # Names are built, so that a service that rolls back on them knows them in its plan.
  _error_ratio_alarm = "${var.name}-error-ratio"
  _latency_alarm     = "${var.name}-latency"

  _load_balancer = { LoadBalancer = aws_lb.this.arn_suffix }
  _target_group  = { LoadBalancer = aws_lb.this.arn_suffix, TargetGroup = aws_lb_target_group.this.arn_suffix }
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.name}-errors"
  alarm_description   = "The app answered ${var.thresholds.errors} or more requests a minute with 5xx, in 2 of 3 minutes: look at its log for tracebacks."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HTTPCode_Target_5XX_Count"
  dimensions          = local._target_group
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.thresholds.errors
  treat_missing_data  = "notBreaching" # no requests, no datapoints
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}

# What users meet: 5xx of the app, and those of the load balancer itself when no task answers (502, 503, 504).
resource "aws_cloudwatch_metric_alarm" "error_ratio" {
  alarm_name          = local._error_ratio_alarm
  alarm_description   = "More than ${var.thresholds.error_percent} % of requests failed with 5xx in 2 of 3 minutes with at least ${var.thresholds.minimum_requests} requests."
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.error_percent
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]

  metric_query {
    id          = "percent"
    label       = "Failed requests in percent"
    expression  = "IF(requests >= ${var.thresholds.minimum_requests}, 100 * (FILL(target, 0) + FILL(own, 0)) / requests, 0)"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { own = "HTTPCode_ELB_5XX_Count", requests = "RequestCount", target = "HTTPCode_Target_5XX_Count" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/ApplicationELB"
        metric_name = metric_query.value
        dimensions  = local._load_balancer
        stat        = "Sum"
        period      = 60
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "latency" {
  alarm_name          = local._latency_alarm
  alarm_description   = "One request in twenty took longer than ${var.thresholds.latency_seconds} s in 4 of 5 minutes."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "TargetResponseTime"
  dimensions          = local._target_group
  extended_statistic  = "p95"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 4
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.latency_seconds
  treat_missing_data  = "notBreaching"
  # A few requests have no meaningful percentile; then CloudWatch keeps the alarm's state.
  evaluate_low_sample_count_percentiles = "ignore"
  alarm_actions                         = [var.alarm_topic_arn]
  ok_actions                            = [var.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "unhealthy_targets" {
  alarm_name          = "${var.name}-unhealthy-targets"
  alarm_description   = "At least one task failed its health check for 5 minutes: it is not being replaced, or its replacement fails too."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "UnHealthyHostCount"
  dimensions          = local._target_group
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "rejected_connections" {
  alarm_name          = "${var.name}-rejected-connections"
  alarm_description   = "The load balancer turned connections away because it was at its limit."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "RejectedConnectionCount"
  dimensions          = local._load_balancer
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}
