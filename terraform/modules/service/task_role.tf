# The code in the container.
resource "aws_iam_role" "task" {
  name               = local._task_role_name
  description        = "Code of ${local._full_name}"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

# What every task may: hold off scale-in while it works on a job, and be looked into by `invoke shell`.
data "aws_iam_policy_document" "operation" {
  statement {
    sid       = "ProtectFromScaleIn"
    actions   = ["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"]
    resources = ["arn:aws:ecs:${var.account.region}:${var.account.id}:task/${var.cluster.name}/*"]
  }

  statement {
    sid = "OpenSession"
    actions = [
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ]
    resources = ["*"] # the actions take no resource
  }

  # The agent in the container writes the session's record, to the log group that the cluster module names so.
  statement {
    sid       = "RecordSession"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["arn:aws:logs:${var.account.region}:${var.account.id}:log-group:/${var.cluster.name}/exec:*"]
  }

  statement {
    sid       = "FindSessionLog"
    actions   = ["logs:DescribeLogGroups"]
    resources = ["arn:aws:logs:${var.account.region}:${var.account.id}:log-group:*"] # the agent lists before it writes, and asks for no group by name
  }
}

resource "aws_iam_role_policy" "operation" {
  name   = "operation"
  role   = aws_iam_role.task.name
  policy = data.aws_iam_policy_document.operation.json
}

# One policy a statement: where one names what is not known until the apply, the others can still be read in the plan.
data "aws_iam_policy_document" "permission" {
  for_each = { for permission in var.permissions : permission.sid => permission }

  statement {
    sid       = each.value.sid
    actions   = each.value.actions
    resources = each.value.resources

    dynamic "condition" {
      for_each = each.value.conditions
      content {
        test     = condition.value.test
        variable = condition.value.variable
        values   = condition.value.values
      }
    }
  }
}

resource "aws_iam_role_policy" "permission" {
  for_each = data.aws_iam_policy_document.permission

  name   = each.key
  role   = aws_iam_role.task.name
  policy = each.value.json
}
