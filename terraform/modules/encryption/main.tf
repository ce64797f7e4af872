locals {
  _region = var.account.region
  _id     = var.account.id
}

resource "aws_kms_key" "this" {
  description             = "Data of ${var.name}"
  enable_key_rotation     = true
  rotation_period_in_days = 365
  deletion_window_in_days = var.deletion_window_days

  # In a key's policy "*" means this key. EventBridge is not among the publishers: SNS knows no condition that would
  # keep the rules of other accounts out.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # IAM policies of the account decide; without it a key can become unusable for everyone, for ever.
        Sid       = "LetAccountDecide"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${local._id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "EncryptLogGroups"
        Effect    = "Allow"
        Principal = { Service = "logs.${local._region}.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = "*"
        Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:${local._region}:${local._id}:log-group:*" } }
      },
      {
        # Alarms are lost without a word if CloudWatch may not encrypt what it publishes to the topic.
        Sid       = "PublishAlarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = {
          StringEquals = { "aws:SourceAccount" = local._id }
          ArnLike      = { "aws:SourceArn" = "arn:aws:cloudwatch:${local._region}:${local._id}:alarm:*" }
        }
      },
      {
        Sid       = "PublishBudgets"
        Effect    = "Allow"
        Principal = { Service = "budgets.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = {
          StringEquals = { "aws:SourceAccount" = local._id }
          ArnLike      = { "aws:SourceArn" = "arn:aws:budgets::${local._id}:*" }
        }
      },
    ]
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}
