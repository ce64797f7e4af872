resource "aws_route53_zone" "this" {
  name    = var.domain_name
  comment = "Public names of ${var.domain_name}"
}

# No other authority than Amazon's may issue certificates for the domain, wildcards included.
resource "aws_route53_record" "caa" {
  zone_id = aws_route53_zone.this.zone_id
  name    = var.domain_name
  type    = "CAA"
  ttl     = 3600
  records = ["0 issue \"amazon.com\"", "0 issuewild \"amazon.com\""]
}
