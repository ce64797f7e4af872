locals {
  _names = { tasks = "${var.name}-tasks", dead = "${var.name}-tasks-dead" }
  _arns  = { for queue, name in local._names : queue => "arn:aws:sqs:${var.account.region}:${var.account.id}:${name}" }
  _urls  = { for queue, name in local._names : queue => "https://sqs.${var.account.region}.amazonaws.com/${var.account.id}/${name}" }

  _data_key_reuse_seconds = 300 # one call to KMS in five minutes instead of one a message
}

# Policies are arguments of the queues rather than resources beside them: with ARNs built from names there is no cycle,
# and each resource would cost another 25 seconds of waiting for SQS to agree with itself.

resource "aws_sqs_queue" "tasks" {
  name                              = local._names.tasks
  visibility_timeout_seconds        = var.visibility_timeout_seconds
  message_retention_seconds         = var.retention_seconds
  receive_wait_time_seconds         = 20
  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = local._data_key_reuse_seconds
  policy                            = data.aws_iam_policy_document.transport["tasks"].json

  redrive_policy = jsonencode({
    deadLetterTargetArn = local._arns.dead
    maxReceiveCount     = var.max_receives
  })

  # SQS refuses a redrive policy whose target does not exist.
  depends_on = [aws_sqs_queue.dead]
}

resource "aws_sqs_queue" "dead" {
  name                              = local._names.dead
  message_retention_seconds         = 14 * 24 * 3600 # the most that SQS keeps; counted from when the message was first sent
  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = local._data_key_reuse_seconds
  policy                            = data.aws_iam_policy_document.transport["dead"].json

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local._arns.tasks]
  })
}

data "aws_iam_policy_document" "transport" {
  for_each = local._arns

  statement {
    sid       = "RefusePlainText"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [each.value]

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
}
