locals {
  _flow_log_group = "/${var.name}/flow-log"
  _log_group_arn  = "arn:aws:logs:${var.account.region}:${var.account.id}:log-group"
}

resource "aws_flow_log" "this" {
  vpc_id                   = aws_vpc.this.id
  traffic_type             = "ALL"
  log_destination_type     = "cloud-watch-logs"
  log_destination          = "${local._log_group_arn}:${local._flow_log_group}"
  iam_role_arn             = aws_iam_role.flow_log.arn
  max_aggregation_interval = 600
  tags                     = { Name = var.name }

  depends_on = [aws_cloudwatch_log_group.flow_log, aws_iam_role_policy.flow_log]
}

resource "aws_cloudwatch_log_group" "flow_log" {
  name              = local._flow_log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_iam_role" "flow_log" {
  name        = "${var.name}-flow-log"
  description = "VPC flow logs of ${var.name} to CloudWatch"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.account.id }
        ArnLike      = { "aws:SourceArn" = "arn:aws:ec2:${var.account.region}:${var.account.id}:vpc-flow-log/*" }
      }
    }]
  })
}

resource "aws_iam_role_policy" "flow_log" {
  name = "write"
  role = aws_iam_role.flow_log.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        Resource = "${local._log_group_arn}:${local._flow_log_group}:*"
      },
      {
        # It can't be narrowed to one group: the call lists them.
        Effect   = "Allow"
        Action   = "logs:DescribeLogGroups"
        Resource = "${local._log_group_arn}:*"
      },
    ]
  })
}
