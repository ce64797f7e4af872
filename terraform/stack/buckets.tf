# Access logs of the others; S3 and CloudFront deliver to it, so it is encrypted with S3's own key.
module "log_bucket" {
  source = "../modules/bucket"

  name            = local.buckets.logs
  account         = local.account
  versioned       = false
  noncurrent_days = 1
  expirations     = { "" = var.observability.log_retention_days }
  receives_logs   = true
  force_destroy   = !var.environment.protected
}

# What users upload: the app signs each upload and download, nothing else reads it.
module "media_bucket" {
  source = "../modules/bucket"

  name            = local.buckets.media
  account         = local.account
  kms_key_arn     = module.encryption.key_arn
  versioned       = true
  noncurrent_days = 30
  cors = {
    origins         = ["https://${local.hosts.site}"]
    methods         = ["GET", "HEAD", "POST"]
    headers         = ["*"]
    max_age_seconds = 3600
  }
  log_bucket    = module.log_bucket.name
  force_destroy = !var.environment.protected
}

# CloudFront can't read a bucket whose key it may not use, and its key policy would need the distribution: S3's own key.
module "static_bucket" {
  source = "../modules/bucket"

  name              = local.buckets.static
  account           = local.account
  versioned         = true
  noncurrent_days   = 30
  distribution_arns = { static = module.static_cdn.distribution_arn }
  log_bucket        = module.log_bucket.name
  force_destroy     = !var.environment.protected
}

module "site_bucket" {
  source = "../modules/bucket"

  name              = local.buckets.site
  account           = local.account
  versioned         = true
  noncurrent_days   = 30
  distribution_arns = { site = module.site_cdn.distribution_arn }
  log_bucket        = module.log_bucket.name
  force_destroy     = !var.environment.protected
}
