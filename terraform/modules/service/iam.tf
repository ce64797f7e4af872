locals {
  _execution_role_name = "${local._full_name}-execution"
  _execution_role_arn  = "arn:aws:iam::${var.account.id}:role/${local._execution_role_name}"
  _task_role_name      = "${local._full_name}-task"
  _task_role_arn       = "arn:aws:iam::${var.account.id}:role/${local._task_role_name}"

  # Account, region and name of the ECR repository that the image is in; null for an image from elsewhere.
  _repository = try(regex("^(?P<account>[0-9]{12})\\.dkr\\.ecr\\.(?P<region>[a-z0-9-]+)\\.amazonaws\\.com/(?P<name>[^@:]+)", var.container.image), null)
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

# ECS itself, before and around the container.
resource "aws_iam_role" "execution" {
  name               = local._execution_role_name
  description        = "ECS starts ${local._full_name}: image, secrets, log"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "execution" {
  statement {
    sid       = "WriteOwnLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:aws:logs:${var.account.region}:${var.account.id}:log-group:${local._log_group_name}:*"]
  }

  dynamic "statement" {
    for_each = local._repository == null ? [] : [local._repository]
    content {
      sid       = "PullImage"
      actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      resources = ["arn:aws:ecr:${statement.value.region}:${statement.value.account}:repository/${statement.value.name}"]
    }
  }

  dynamic "statement" {
    for_each = local._repository == null ? [] : [local._repository]
    content {
      sid       = "LogInToRegistry"
      actions   = ["ecr:GetAuthorizationToken"]
      resources = ["*"] # the action takes no resource
    }
  }

  dynamic "statement" {
    for_each = length(var.container.secrets) == 0 ? [] : [values(var.container.secrets)[*].pattern]
    content {
      sid       = "ReadSecrets"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = statement.value
    }
  }

  # Whichever key encrypts them: only Secrets Manager may use it for this role, and only for these secrets.
  dynamic "statement" {
    for_each = length(var.container.secrets) == 0 ? [] : [values(var.container.secrets)[*].pattern]
    content {
      sid       = "DecryptSecrets"
      actions   = ["kms:Decrypt"]
      resources = ["arn:aws:kms:${var.account.region}:${var.account.id}:key/*"]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["secretsmanager.${var.account.region}.amazonaws.com"]
      }
      condition {
        test     = "StringLike"
        variable = "kms:EncryptionContext:SecretARN"
        values   = statement.value
      }
    }
  }
}

resource "aws_iam_role_policy" "execution" {
  name   = "start-task"
  role   = aws_iam_role.execution.name
  policy = data.aws_iam_policy_document.execution.json
}

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
