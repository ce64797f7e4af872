locals {
  _monitoring_role_name = "${var.name}-database-monitoring"
}

data "aws_iam_policy_document" "monitoring_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["monitoring.rds.amazonaws.com"]
    }
    # RDS acts for every customer: only for the instances of this cluster may it take the role.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account.id]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["${local._arn}:db:${var.name}-*"]
    }
  }
}

resource "aws_iam_role" "monitoring" {
  name               = local._monitoring_role_name
  description        = "RDS writes the operating system's figures of ${var.name} to CloudWatch"
  assume_role_policy = data.aws_iam_policy_document.monitoring_trust.json
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}
