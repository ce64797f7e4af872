locals {
  _origin = "bucket"

  # Pages keep their name from release to release, assets have a name that changes with their content.
  _default_kind = var.single_page ? "pages" : "assets"
}

resource "aws_cloudfront_distribution" "this" {
  comment             = var.name
  enabled             = true
  aliases             = var.aliases
  http_version        = "http2and3"
  is_ipv6_enabled     = true
  price_class         = var.price_class
  web_acl_id          = var.web_acl_arn
  default_root_object = "index.html" # also where there is none: a bucket that CloudFront may list must never answer its root

  origin {
    origin_id                = local._origin
    domain_name              = var.bucket.regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.this.id
  }

  default_cache_behavior {
    target_origin_id           = local._origin
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD", "OPTIONS"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = aws_cloudfront_cache_policy.this[local._default_kind].id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this[local._default_kind].id

    dynamic "function_association" {
      for_each = aws_cloudfront_function.single_page

      content {
        event_type   = "viewer-request"
        function_arn = function_association.value.arn
      }
    }
  }

  # Where Vite puts the files that carry a hash of their content in their name.
  dynamic "ordered_cache_behavior" {
    for_each = var.single_page ? ["/assets/*"] : []

    content {
      path_pattern               = ordered_cache_behavior.value
      target_origin_id           = local._origin
      viewer_protocol_policy     = "redirect-to-https"
      allowed_methods            = ["GET", "HEAD", "OPTIONS"]
      cached_methods             = ["GET", "HEAD"]
      compress                   = true
      cache_policy_id            = aws_cloudfront_cache_policy.this["assets"].id
      response_headers_policy_id = aws_cloudfront_response_headers_policy.this["assets"].id
    }
  }

  dynamic "logging_config" {
    for_each = var.log_bucket_domain_name == null ? [] : [var.log_bucket_domain_name]

    content {
      bucket          = logging_config.value
      prefix          = "cloudfront/${var.name}/"
      include_cookies = false
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    acm_certificate_arn      = var.certificate_arn
    minimum_protocol_version = "TLSv1.2_2021"
    ssl_support_method       = "sni-only"
  }
}

resource "aws_cloudfront_origin_access_control" "this" {
  name                              = var.name
  description                       = "Reads the bucket of ${var.name}"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

# Not by error pages: those would also turn a missing script into index.html with status 200.
resource "aws_cloudfront_function" "single_page" {
  count = var.single_page ? 1 : 0

  name    = "${var.name}-single-page"
  comment = "Paths of the app, which have no extension, get index.html"
  runtime = "cloudfront-js-2.0"
  publish = true
  code    = file("${path.module}/single_page.js")
}
