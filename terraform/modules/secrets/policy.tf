data "aws_iam_policy_document" "this" {
  for_each = var.secrets

  statement {
    sid       = "RefusePlainText"
    effect    = "Deny"
    actions   = ["secretsmanager:*"]
    resources = [local._patterns[each.key]]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  # Whatever is granted elsewhere, by mistake or on purpose.
  statement {
    sid       = "RefuseOtherAccounts"
    effect    = "Deny"
    actions   = ["secretsmanager:*"]
    resources = [local._patterns[each.key]]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "StringNotEquals"
      variable = "aws:PrincipalAccount"
      values   = [var.account.id]
    }
    condition {
      test     = "BoolIfExists"
      variable = "aws:PrincipalIsAWSService"
      values   = ["false"]
    }
  }
}

resource "aws_secretsmanager_secret_policy" "this" {
  for_each = aws_secretsmanager_secret.this

  secret_arn          = each.value.arn
  policy              = data.aws_iam_policy_document.this[each.key].json
  block_public_policy = true
}
