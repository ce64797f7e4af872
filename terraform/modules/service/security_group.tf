locals {
  _load_balancers = var.load_balancer == null ? [] : [var.load_balancer]
}

# DNS, the task's credentials and its metadata are link-local or the VPC's resolver, which no security group filters.
resource "aws_security_group" "this" {
  name        = local._full_name
  description = "Tasks of ${local._full_name}"
  vpc_id      = var.network.vpc_id
  tags        = { Name = local._full_name }
}

resource "aws_vpc_security_group_ingress_rule" "load_balancer" {
  count = length(local._load_balancers)

  security_group_id            = aws_security_group.this.id
  description                  = "Requests from the load balancer"
  referenced_security_group_id = var.load_balancer.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.container.port
  to_port                      = var.container.port
}

resource "aws_vpc_security_group_egress_rule" "database" {
  count = var.network.database == null ? 0 : 1

  security_group_id            = aws_security_group.this.id
  description                  = "Connections to the database"
  referenced_security_group_id = var.network.database.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.network.database.port
  to_port                      = var.network.database.port
}

# The way out: to the interface endpoints and S3, or to anywhere by HTTPS. `internet` is known at plan time, the ids are not.
resource "aws_vpc_security_group_egress_rule" "endpoints" {
  count = var.network.egress.internet ? 0 : 1

  security_group_id            = aws_security_group.this.id
  description                  = "AWS services through the interface endpoints"
  referenced_security_group_id = var.network.egress.endpoints_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  count = var.network.egress.internet ? 0 : 1

  security_group_id = aws_security_group.this.id
  description       = "S3 through its gateway endpoint, for image layers too"
  prefix_list_id    = var.network.egress.s3_prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "internet" {
  count = var.network.egress.internet ? 1 : 0

  security_group_id = aws_security_group.this.id
  description       = "AWS services and the internet by HTTPS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
