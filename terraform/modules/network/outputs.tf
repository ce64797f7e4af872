output "database_subnet_ids" {
  description = "Ids of the subnets that have no way out, by zone."
  value       = { for zone, subnet in aws_subnet.database : zone => subnet.id }
}

output "egress" {
  description = "What a task in a private subnet may reach: the internet or not, the group of the interface endpoints (null without any) and the prefix list of S3."
  value = {
    internet                    = local._internet
    endpoints_security_group_id = one(aws_security_group.endpoints[*].id)
    s3_prefix_list_id           = aws_vpc_endpoint.s3.prefix_list_id
  }

  # Who is told that it may reach out must find the way there.
  depends_on = [
    aws_route.internet,
    aws_route.nat,
    aws_route_table_association.private,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_ingress_rule.endpoints,
  ]
}

output "nat_public_ips" {
  description = "Addresses that the internet sees, for the allow-lists of others; empty without NAT."
  value       = [for zone in local._nat_zones : aws_eip.nat[zone].public_ip]
}

output "private_subnet_ids" {
  description = "Ids of the subnets for tasks, by zone."
  value       = { for zone, subnet in aws_subnet.private : zone => subnet.id }
}

output "public_subnet_ids" {
  description = "Ids of the subnets for load balancers, by zone."
  value       = { for zone, subnet in aws_subnet.public : zone => subnet.id }

  # An internet-facing load balancer is refused in a subnet without a route to the internet.
  depends_on = [aws_route.internet, aws_route_table_association.public]
}

output "vpc_cidr" {
  description = "IPv4 range of the VPC."
  value       = var.cidr
}

output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}
