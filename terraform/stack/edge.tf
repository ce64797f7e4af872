locals {
  # Browsers send uploads to, and read pictures from, the bucket's own host.
  media_host = "${local.buckets.media}.s3.${var.environment.region}.amazonaws.com"
}

module "api_certificate" {
  source = "../modules/certificate"

  domain_name       = local.hosts.api
  alternative_names = []
  zone_id           = var.domain.zone_id
}

module "cdn_certificate" {
  source    = "../modules/certificate"
  providers = { aws = aws.us_east_1 }

  domain_name       = local.hosts.site
  alternative_names = [local.hosts.static]
  zone_id           = var.domain.zone_id
}

module "load_balancer" {
  source = "../modules/load-balancer"

  name                     = local.name
  vpc_id                   = module.network.vpc_id
  subnet_ids               = values(module.network.public_subnet_ids)
  certificate_arn          = module.api_certificate.arn
  target_security_group_id = module.web.security_group_id
  target = {
    port                         = local.port
    health_check_path            = "/healthz"
    deregistration_delay_seconds = local.timeouts.deregistration_seconds
  }
  idle_timeout_seconds = local.timeouts.idle_seconds
  deletion_protection  = var.environment.protected
  log_bucket           = module.log_bucket.name
  alarm_topic_arn      = module.observability.topic_arn
}

module "firewall" {
  source = "../modules/waf"
  count  = var.edge.firewall == null ? 0 : 1

  name               = local.name
  account            = local.account
  scope              = "REGIONAL"
  resource_arns      = { load_balancer = module.load_balancer.arn }
  rate_limit         = var.edge.firewall.requests_per_five_minutes
  log_retention_days = var.observability.log_retention_days
  kms_key_arn        = module.encryption.key_arn
}

module "static_cdn" {
  source = "../modules/cdn"

  name                   = "${local.name}-static"
  aliases                = [local.hosts.static]
  bucket                 = { regional_domain_name = module.static_bucket.regional_domain_name }
  certificate_arn        = module.cdn_certificate.arn
  single_page            = false
  cors_origins           = ["https://${local.hosts.site}", "https://${local.hosts.api}"]
  price_class            = var.edge.price_class
  log_bucket_domain_name = module.log_bucket.domain_name
}

module "site_cdn" {
  source = "../modules/cdn"

  name            = "${local.name}-site"
  aliases         = [local.hosts.site]
  bucket          = { regional_domain_name = module.site_bucket.regional_domain_name }
  certificate_arn = module.cdn_certificate.arn
  single_page     = true
  content_security_policy = join("; ", [
    "default-src 'self'",
    "connect-src 'self' https://${local.hosts.api} https://${local.media_host}",
    "img-src 'self' https://${local.media_host}",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ])
  cors_origins           = []
  price_class            = var.edge.price_class
  log_bucket_domain_name = module.log_bucket.domain_name
}

module "dns_records" {
  source = "../modules/dns-records"

  zone_id = var.domain.zone_id
  aliases = {
    (local.hosts.site)   = { target = module.site_cdn.domain_name, zone_id = module.site_cdn.zone_id }
    (local.hosts.api)    = { target = module.load_balancer.dns_name, zone_id = module.load_balancer.zone_id }
    (local.hosts.static) = { target = module.static_cdn.domain_name, zone_id = module.static_cdn.zone_id }
  }
}
