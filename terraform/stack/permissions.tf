# What the code of each task calls, by the reason it calls it. ARNs are built from names, so that a plan can be judged
# before anything exists.

locals {
  buckets = { for purpose in ["logs", "media", "site", "static"] : purpose => "${local.name}-${purpose}-${var.environment.account_id}" }

  _media_arn = "arn:aws:s3:::${local.buckets.media}"

  _via = { for service in ["s3", "secretsmanager", "sqs"] : service => [{
    test     = "StringEquals"
    variable = "kms:ViaService"
    values   = ["${service}.${var.environment.region}.amazonaws.com"]
  }] }

  _permissions = {
    # The password is read at connect time, so that a rotation needs no restart.
    database = [
      { sid = "ReadDatabaseCredentials", actions = ["secretsmanager:GetSecretValue"], resources = [module.secrets.secrets["database-app"].pattern] },
      { sid = "DecryptDatabaseCredentials", actions = ["kms:Decrypt"], resources = [module.encryption.key_arn], conditions = local._via.secretsmanager },
    ]
    migrate = [
      # RDS names the secret that it manages itself: rds!cluster-<id of the cluster>.
      { sid = "ReadMasterCredentials", actions = ["secretsmanager:GetSecretValue"], resources = ["arn:aws:secretsmanager:${local.account.region}:${local.account.id}:secret:rds!cluster-*"] },
    ]
    media = [
      { sid = "ReadAndWriteMedia", actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], resources = ["${local._media_arn}/*"] },
      # Without it S3 answers 403 instead of 404 for an object that is not there.
      { sid = "TellMissingMedia", actions = ["s3:ListBucket"], resources = [local._media_arn] },
      { sid = "EncryptMedia", actions = ["kms:Decrypt", "kms:GenerateDataKey"], resources = [module.encryption.key_arn], conditions = local._via.s3 },
    ]
    publish = [for statement in [
      # kombu asks for the queue's attributes before the first message of a process.
      { sid = "PublishJobs", actions = ["sqs:GetQueueAttributes", "sqs:SendMessage"], resources = module.queue[*].arn },
      { sid = "EncryptJobs", actions = ["kms:Decrypt", "kms:GenerateDataKey"], resources = [module.encryption.key_arn], conditions = local._via.sqs },
    ] : statement if local._queue]
    consume = [for statement in [
      {
        sid = "RunJobs"
        actions = [
          "sqs:ChangeMessageVisibility",
          "sqs:DeleteMessage",
          "sqs:GetQueueAttributes", # kombu reads the redrive policy, and without it drops a failed job
          "sqs:ReceiveMessage",
          "sqs:SendMessage", # a retry is a new message
        ]
        resources = module.queue[*].arn
      },
      { sid = "EncryptJobs", actions = ["kms:Decrypt", "kms:GenerateDataKey"], resources = [module.encryption.key_arn], conditions = local._via.sqs },
    ] : statement if local._queue]
  }
}
