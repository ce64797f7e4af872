locals {
  # Half of the VPC for tasks, a quarter for load balancers, a quarter for databases; each tier has room for four zones,
  # so that a zone can be added without renumbering. A /22 still leaves a load balancer the 8 free addresses it needs.
  _computed_cidrs = {
    public   = [for i, zone in var.zones : cidrsubnet(cidrsubnet(var.cidr, 2, 0), 2, i)]
    database = [for i, zone in var.zones : cidrsubnet(cidrsubnet(var.cidr, 2, 1), 2, i)]
    private  = [for i, zone in var.zones : cidrsubnet(cidrsubnet(var.cidr, 1, 1), 2, i)]
  }
  _cidrs = { for tier, ranges in coalesce(var.subnet_cidrs, local._computed_cidrs) : tier => zipmap(var.zones, ranges) }

  _internet = var.egress != "endpoints"
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true # the private names of interface endpoints need both
  enable_dns_support   = true
  tags                 = { Name = var.name }
}

# Without rules: whatever is started without a group of its own can talk to nobody.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-default-closed" }
}

resource "aws_subnet" "public" {
  for_each = local._cidrs.public

  vpc_id                  = aws_vpc.this.id
  cidr_block              = each.value
  availability_zone       = each.key
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name}-public-${each.key}" }
}

resource "aws_subnet" "private" {
  for_each = local._cidrs.private

  vpc_id                  = aws_vpc.this.id
  cidr_block              = each.value
  availability_zone       = each.key
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name}-private-${each.key}" }
}

resource "aws_subnet" "database" {
  for_each = local._cidrs.database

  vpc_id                  = aws_vpc.this.id
  cidr_block              = each.value
  availability_zone       = each.key
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name}-database-${each.key}" }
}
