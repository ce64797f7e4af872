locals {
  _whole_bucket = [local._arn, "${local._arn}/*"]

  _deny_statements = [
    {
      Sid       = "DenyWithoutTls"
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "s3:*"
      Resource  = local._whole_bucket
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    },
    {
      Sid       = "DenyOldTls"
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "s3:*"
      Resource  = local._whole_bucket
      Condition = { NumericLessThan = { "s3:TlsVersion" = "1.2" } }
    },
  ]

  # Listing makes S3 answer 404 instead of 403 for what is not there. No listing ever leaves: a distribution of the cdn
  # module turns the root into /index.html and forwards no query string.
  _distribution_statements = [for statement in [
    {
      Sid       = "ServeByCloudFront"
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = "s3:GetObject"
      Resource  = "${local._arn}/*"
      Condition = { ArnEquals = { "aws:SourceArn" = values(var.distribution_arns) } }
    },
    {
      Sid       = "TellMissingByCloudFront"
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = "s3:ListBucket"
      Resource  = local._arn
      Condition = { ArnEquals = { "aws:SourceArn" = values(var.distribution_arns) } }
    },
  ] : statement if length(var.distribution_arns) > 0]

  _log_statements = [for statement in [
    {
      # This principal serves every region, unlike the accounts of Elastic Load Balancing that older examples name. It
      # writes the account of the load balancer into the path, so the path alone keeps other accounts out.
      Sid       = "ReceiveLoadBalancerLogs"
      Effect    = "Allow"
      Principal = { Service = "logdelivery.elasticloadbalancing.amazonaws.com" }
      Action    = "s3:PutObject"
      Resource  = "${local._arn}/load-balancer/AWSLogs/${var.account.id}/*"
    },
    {
      # Only buckets of this account; the prefix is theirs to choose.
      Sid       = "ReceiveBucketLogs"
      Effect    = "Allow"
      Principal = { Service = "logging.s3.amazonaws.com" }
      Action    = "s3:PutObject"
      Resource  = "${local._arn}/*"
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.account.id }
        ArnLike      = { "aws:SourceArn" = "arn:aws:s3:::*" }
      }
    },
  ] : statement if var.receives_logs]
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat(local._deny_statements, local._distribution_statements, local._log_statements)
  })

  # S3 refuses two changes of a bucket's access at the same moment.
  depends_on = [aws_s3_bucket_ownership_controls.this, aws_s3_bucket_public_access_block.this]
}
