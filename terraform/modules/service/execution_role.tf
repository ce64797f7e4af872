locals {
  # Account, region and name of the ECR repository that the image is in; null for an image from elsewhere.
  _repository = try(regex("^(?P<account>[0-9]{12})\\.dkr\\.ecr\\.(?P<region>[a-z0-9-]+)\\.amazonaws\\.com/(?P<name>[^@:]+)", var.container.image), null)
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
