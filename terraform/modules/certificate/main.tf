locals {
  # A wildcard and the name it stands on are proved by one and the same record.
  _proved_names = toset([for name in concat([var.domain_name], var.alternative_names) : trimprefix(name, "*.")])

  # Keyed by the literal names, for what ACM asks is known only after apply.
  _proofs = { for proved in local._proved_names : proved => [
    for option in aws_acm_certificate.this.domain_validation_options : option if trimprefix(option.domain_name, "*.") == proved
  ][0] }
}

resource "aws_acm_certificate" "this" {
  domain_name               = var.domain_name
  subject_alternative_names = var.alternative_names
  validation_method         = "DNS"

  lifecycle {
    create_before_destroy = true # a certificate in use can't be deleted
  }
}

resource "aws_route53_record" "proof" {
  for_each = local._proved_names

  zone_id         = var.zone_id
  name            = local._proofs[each.key].resource_record_name
  type            = local._proofs[each.key].resource_record_type
  records         = [local._proofs[each.key].resource_record_value]
  ttl             = 300
  allow_overwrite = true # ACM asks the same record of every certificate of an account for a name, in all regions
}

resource "aws_acm_certificate_validation" "this" {
  certificate_arn         = aws_acm_certificate.this.arn
  validation_record_fqdns = [for record in aws_route53_record.proof : record.fqdn]
}
