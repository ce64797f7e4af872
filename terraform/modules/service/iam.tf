locals {
  _execution_role_name = "${local._full_name}-execution"
  _execution_role_arn  = "arn:aws:iam::${var.account.id}:role/${local._execution_role_name}"
  _task_role_name      = "${local._full_name}-task"
  _task_role_arn       = "arn:aws:iam::${var.account.id}:role/${local._task_role_name}"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
    # ECS acts for every customer: only for tasks of this account and region may it take the role.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account.id]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:aws:ecs:${var.account.region}:${var.account.id}:*"]
    }
  }
}
