locals {
  _endpoint_services = local._internet ? toset([]) : var.endpoint_services

  # Services whose resources are always the account's own. Not ECR: images may come from another account's registry.
  _own_resources = ["kms", "logs", "secretsmanager", "sns", "sqs"]
}

# Free, and the way of image layers even with NAT: ECR answers with links into a bucket of its own.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.account.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [for table in aws_route_table.private : table.id]
  tags              = { Name = "${var.name}-s3" }

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # The links are signed by ECR, so no condition on the principal can hold.
        Sid       = "PullImageLayers"
        Effect    = "Allow"
        Principal = "*"
        Action    = "s3:GetObject"
        Resource  = "arn:aws:s3:::prod-${var.account.region}-starport-layer-bucket/*"
      },
      {
        # Neither stolen data into somebody's bucket nor somebody's keys from in here.
        Sid       = "UseOwnBuckets"
        Effect    = "Allow"
        Principal = "*"
        Action    = "s3:*"
        Resource  = "*"
        Condition = { StringEquals = {
          "aws:PrincipalAccount" = var.account.id
          "aws:ResourceAccount"  = var.account.id
        } }
      },
    ]
  })
}

resource "aws_vpc_endpoint" "interface" {
  for_each = local._endpoint_services

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.account.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = [for subnet in aws_subnet.private : subnet.id]
  security_group_ids  = aws_security_group.endpoints[*].id
  private_dns_enabled = true
  tags                = { Name = "${var.name}-${each.key}" }

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "UseFromOwnAccount"
      Effect    = "Allow"
      Principal = "*"
      Action    = "*"
      Resource  = "*"
      Condition = { StringEquals = merge(
        { "aws:PrincipalAccount" = var.account.id },
        contains(local._own_resources, each.key) ? { "aws:ResourceAccount" = var.account.id } : {},
      ) }
    }]
  })
}

resource "aws_security_group" "endpoints" {
  count = local._internet ? 0 : 1

  name_prefix = "${var.name}-endpoints-"
  description = "Interface endpoints of ${var.name}"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name}-endpoints" }

  lifecycle {
    create_before_destroy = true # a group in use can't be deleted
  }
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  for_each = local._internet ? {} : local._cidrs.private

  security_group_id = aws_security_group.endpoints[0].id
  description       = "HTTPS from tasks in ${each.key}"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
