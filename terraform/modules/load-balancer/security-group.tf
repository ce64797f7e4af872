locals {
  # The only rules of the product that are open to the world.
  _ingress = { for pair in setproduct(["http", "https"], ["v4", "v6"]) : join("_", pair) => { scheme = pair[0], version = pair[1] } }
  _ports   = { http = 80, https = 443 }
}

resource "aws_security_group" "this" {
  name_prefix = "${var.name}-load-balancer-"
  description = "Load balancer of ${var.name}"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-load-balancer" }

  lifecycle {
    create_before_destroy = true # a group in use can't be deleted
  }
}

resource "aws_vpc_security_group_ingress_rule" "world" {
  for_each = local._ingress

  security_group_id = aws_security_group.this.id
  description       = "${upper(each.value.scheme)} from everywhere, IP${each.value.version}"
  cidr_ipv4         = each.value.version == "v4" ? "0.0.0.0/0" : null
  cidr_ipv6         = each.value.version == "v6" ? "::/0" : null
  ip_protocol       = "tcp"
  from_port         = local._ports[each.value.scheme]
  to_port           = local._ports[each.value.scheme]
}

resource "aws_vpc_security_group_egress_rule" "target" {
  security_group_id            = aws_security_group.this.id
  description                  = "Requests and health checks to the tasks"
  referenced_security_group_id = var.target_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.target.port
  to_port                      = var.target.port
}
