locals {
  _records = { for pair in setproduct(keys(var.aliases), ["A", "AAAA"]) : "${pair[0]}/${pair[1]}" => { name = pair[0], type = pair[1] } }
}

resource "aws_route53_record" "this" {
  for_each = local._records

  zone_id = var.zone_id
  name    = each.value.name
  type    = each.value.type

  alias {
    name                   = var.aliases[each.value.name].target
    zone_id                = var.aliases[each.value.name].zone_id
    evaluate_target_health = false # there is nowhere else to send people, and CloudFront does not allow it
  }
}
