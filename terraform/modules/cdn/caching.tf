# Two clocks: the release writes Cache-Control on each object, which tells browsers how long to keep it (a year and
# "immutable" where the name carries a hash); these policies bound how long an edge may keep it.
locals {
  _edge_seconds = { for kind, seconds in {
    assets = { default = 86400, max = 31536000 }
    # Enough to take a rush off the bucket, too short for anybody to meet the release before last.
    pages = { default = 5, max = 5 }
  } : kind => seconds if kind == "assets" || var.single_page }
}

resource "aws_cloudfront_cache_policy" "this" {
  for_each = local._edge_seconds

  name        = "${var.name}-${each.key}"
  comment     = "At most ${each.value.max} s at the edge"
  min_ttl     = 0
  default_ttl = each.value.default
  max_ttl     = each.value.max

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "none"
    }

    query_strings_config {
      query_string_behavior = "none"
    }
  }
}
