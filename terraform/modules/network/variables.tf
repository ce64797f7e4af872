variable "account" {
  description = "The account and region that the resources live in; ARNs are built from it."
  type        = object({ id = string, region = string })
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account.id)) && can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.account.region))
    error_message = "account must have an id of 12 digits and a region such as eu-west-1."
  }
}

variable "cidr" {
  description = "IPv4 range of the VPC."
  type        = string
  nullable    = false

  validation {
    condition     = try(!strcontains(var.cidr, ":") && cidrsubnet(var.cidr, 0, 0) == var.cidr && tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 22, false)
    error_message = "cidr must be an IPv4 network address with a prefix of /16 to /22, such as 10.20.0.0/16."
  }
}

variable "egress" {
  description = "How tasks in private subnets reach out: endpoints (AWS only, no internet), nat (one gateway) or nat_per_zone."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["endpoints", "nat", "nat_per_zone"], var.egress)
    error_message = "egress must be endpoints, nat or nat_per_zone."
  }
}

variable "endpoint_services" {
  description = "AWS services that get an interface endpoint when egress is endpoints, by the last part of the service's name, such as ecr.api."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for service in var.endpoint_services : can(regex("^[a-z0-9]+([.-][a-z0-9]+)*$", service)) && !contains(["s3", "dynamodb"], service)])
    error_message = "endpoint_services must be names such as ecr.api or sqs, and never s3 or dynamodb, whose gateway endpoints cost nothing."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the flow log; null leaves it to the key that CloudWatch owns."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Days that CloudWatch keeps the flow log."
  type        = number
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one of CloudWatch's periods: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "name" {
  description = "Prefix of the names of everything in the module."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 24 lower-case letters, digits and hyphens, begin with a letter and not end in a hyphen."
  }
}

variable "reserved_cidrs" {
  description = "IPv4 ranges that the VPC must leave free: offices, peers, other environments."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for range in var.reserved_cidrs : try(!strcontains(range, ":") && cidrsubnet(range, 0, 0) == range, false)])
    error_message = "reserved_cidrs must be IPv4 network addresses with their prefix, such as 10.0.0.0/16."
  }

  # Two ranges overlap exactly when their addresses are equal under the shorter of the two prefixes.
  validation {
    condition = alltrue([
      for range in var.reserved_cidrs : try(
        cidrhost("${split("/", range)[0]}/${min(split("/", range)[1], split("/", var.cidr)[1])}", 0) !=
        cidrhost("${split("/", var.cidr)[0]}/${min(split("/", range)[1], split("/", var.cidr)[1])}", 0),
        true
      )
    ])
    error_message = "reserved_cidrs must not overlap the VPC's cidr."
  }
}

variable "subnet_cidrs" {
  description = "IPv4 ranges of the subnets of each tier, in the order of zones; null computes them from cidr."
  type        = object({ public = list(string), private = list(string), database = list(string) })
  default     = null

  validation {
    condition     = var.subnet_cidrs == null ? true : alltrue([for ranges in values(var.subnet_cidrs) : length(ranges) == length(var.zones)])
    error_message = "subnet_cidrs must have as many public, private and database ranges as there are zones."
  }

  validation {
    condition     = var.subnet_cidrs == null ? true : alltrue([for range in flatten(values(var.subnet_cidrs)) : try(!strcontains(range, ":") && cidrsubnet(range, 0, 0) == range && tonumber(split("/", range)[1]) <= 28, false)])
    error_message = "subnet_cidrs must be IPv4 network addresses with a prefix of at most /28, the smallest subnet of AWS."
  }

  # A subnet lies inside the VPC exactly when its address under the VPC's prefix is the VPC's own.
  validation {
    condition = var.subnet_cidrs == null ? true : alltrue([
      for range in flatten(values(var.subnet_cidrs)) : try(
        tonumber(split("/", range)[1]) >= tonumber(split("/", var.cidr)[1]) &&
        cidrhost("${split("/", range)[0]}/${split("/", var.cidr)[1]}", 0) == cidrhost(var.cidr, 0),
        true
      )
    ])
    error_message = "subnet_cidrs must lie inside the VPC's cidr."
  }

  validation {
    condition = var.subnet_cidrs == null ? true : alltrue(flatten([
      for i, one in flatten(values(var.subnet_cidrs)) : [
        for j, other in flatten(values(var.subnet_cidrs)) : i >= j || try(
          cidrhost("${split("/", one)[0]}/${min(split("/", one)[1], split("/", other)[1])}", 0) !=
          cidrhost("${split("/", other)[0]}/${min(split("/", one)[1], split("/", other)[1])}", 0),
          true
        )
      ]
    ]))
    error_message = "subnet_cidrs must not overlap one another."
  }
}

variable "zones" {
  description = "Availability zones with a subnet of each tier; add new ones at the end, for the order decides the computed ranges."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.zones) >= 2 && length(var.zones) <= 4 && length(distinct(var.zones)) == length(var.zones)
    error_message = "zones must be 2 to 4 different availability zones."
  }

  validation {
    condition     = alltrue([for zone in var.zones : can(regex("^${var.account.region}[a-z]$", zone))])
    error_message = "zones must be availability zones of the account's region, such as eu-west-1a in eu-west-1."
  }
}
