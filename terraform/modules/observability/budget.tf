locals {
  _thresholds = {
    spent    = { type = "ACTUAL", percent = 80 }
    exceeded = { type = "ACTUAL", percent = 100 }
    forecast = { type = "FORECASTED", percent = 100 }
  }
}

# Of the whole account: an environment is one, and what carries no tag (traffic, support) costs too.
resource "aws_budgets_budget" "this" {
  count = var.monthly_budget_usd == null ? 0 : 1

  name         = "${var.name}-monthly"
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  dynamic "notification" {
    for_each = local._thresholds
    content {
      comparison_operator       = "GREATER_THAN"
      notification_type         = notification.value.type
      threshold                 = notification.value.percent
      threshold_type            = "PERCENTAGE"
      subscriber_sns_topic_arns = [local._topic_arn]
    }
  }

  # AWS Budgets tries whether it may publish.
  depends_on = [aws_sns_topic_policy.this]
}
