# The bucket that holds an environment's state. It can't be in that state itself, so this root stands apart: `invoke
# bootstrap` applies it once per environment and keeps its own state in the bucket it made.

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
