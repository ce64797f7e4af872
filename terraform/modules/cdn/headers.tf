resource "aws_cloudfront_response_headers_policy" "this" {
  for_each = local._edge_seconds

  name    = "${var.name}-${each.key}"
  comment = "Headers of ${each.key}"

  security_headers_config {
    # A year, and not for subdomains: the team may have some that this stack knows nothing of.
    strict_transport_security {
      access_control_max_age_sec = 31536000
      include_subdomains         = false
      preload                    = false
      override                   = true
    }

    content_type_options {
      override = true
    }

    frame_options {
      frame_option = "DENY"
      override     = true
    }

    referrer_policy {
      referrer_policy = "strict-origin-when-cross-origin"
      override        = true
    }

    dynamic "content_security_policy" {
      for_each = var.content_security_policy == null ? [] : [var.content_security_policy]

      content {
        content_security_policy = content_security_policy.value
        override                = true
      }
    }
  }

  # A browser that keeps index.html asks for scripts that the next release has removed.
  dynamic "custom_headers_config" {
    for_each = each.key == "pages" ? ["no-cache"] : []

    content {
      items {
        header   = "Cache-Control"
        value    = custom_headers_config.value
        override = true
      }
    }
  }

  # Fonts, and scripts with an integrity hash, are given to other origins' pages only when the answer allows it.
  dynamic "cors_config" {
    for_each = length(var.cors_origins) == 0 ? [] : [var.cors_origins]

    content {
      access_control_allow_credentials = false
      access_control_max_age_sec       = 3600
      origin_override                  = true

      access_control_allow_headers {
        items = ["*"]
      }

      access_control_allow_methods {
        items = ["GET", "HEAD"]
      }

      access_control_allow_origins {
        items = cors_config.value
      }
    }
  }
}
