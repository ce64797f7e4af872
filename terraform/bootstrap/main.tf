# What must exist before an environment's first apply: the bucket of its state, which can't be in that state itself, and
# the hosted zone of its domain, which must be delegated before a certificate can be validated. `invoke bootstrap`
# applies this root once per environment and keeps its state in the bucket it made.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
  # `invoke bootstrap` completes it from the environment's own backend block.
  backend "s3" {
    use_lockfile = true
    encrypt      = true
  }
}

variable "bucket" {
  description = "Name of the bucket, read from the environment's backend block."
  type        = string
  nullable    = false
}

variable "account_id" {
  description = "The only account in which the bucket may be made."
  type        = string
  nullable    = false
}

variable "domain_name" {
  description = "Domain name of the zone to make; null where the environment has none, or brings a zone of its own."
  type        = string
  default     = null
}

variable "region" {
  description = "Region of the bucket."
  type        = string
  nullable    = false
}

variable "tags" {
  description = "Tags of everything made here."
  type        = map(string)
  nullable    = false
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]
  default_tags {
    tags = var.tags
  }
}

module "state_bucket" {
  source = "../modules/state-bucket"

  name    = var.bucket
  account = { id = var.account_id, region = var.region }
}

module "hosted_zone" {
  source = "../modules/hosted-zone"
  count  = var.domain_name == null ? 0 : 1

  domain_name = var.domain_name
}

output "hosted_zone" {
  description = "Id of the zone, for the environment's root, and the name servers that the registrar or the parent zone must name (null without a domain)."
  value = one([for zone in module.hosted_zone : {
    zone_id      = zone.zone_id
    name_servers = zone.name_servers
  }])
}
