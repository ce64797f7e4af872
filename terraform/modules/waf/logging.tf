locals {
  _log_group     = "aws-waf-logs-${var.name}" # WAF delivers to groups with this prefix only
  _log_group_arn = "arn:aws:logs:${var.account.region}:${var.account.id}:log-group:${local._log_group}"
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local._log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

# Otherwise WAF writes one itself, which nobody owns and which stays when the web ACL goes.
resource "aws_cloudwatch_log_resource_policy" "this" {
  policy_name = local._log_group

  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "ReceiveWafLogs"
      Effect    = "Allow"
      Principal = { Service = "delivery.logs.amazonaws.com" }
      Action    = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource  = "${local._log_group_arn}:log-stream:*"
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.account.id }
        ArnLike      = { "aws:SourceArn" = "arn:aws:logs:${var.account.region}:${var.account.id}:*" }
      }
    }]
  })
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  resource_arn            = aws_wafv2_web_acl.this.arn
  log_destination_configs = [local._log_group_arn]

  # Logs cost by volume and hold addresses of people: requests that met no rule are not written.
  logging_filter {
    default_behavior = "DROP"

    filter {
      behavior    = "KEEP"
      requirement = "MEETS_ANY"

      condition {
        action_condition {
          action = "BLOCK"
        }
      }

      condition {
        action_condition {
          action = "COUNT"
        }
      }
    }
  }

  redacted_fields {
    single_header {
      name = "authorization"
    }
  }

  redacted_fields {
    single_header {
      name = "cookie"
    }
  }

  depends_on = [aws_cloudwatch_log_group.this, aws_cloudwatch_log_resource_policy.this]
}
