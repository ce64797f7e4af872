terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
  backend "s3" {
    bucket              = "gallery-shared-state-111111111111"
    key                 = "shared.tfstate"
    region              = "eu-west-1"
    encrypt             = true
    use_lockfile        = true
    allowed_account_ids = ["111111111111"]
  }
}

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["111111111111"]
  default_tags {
    tags = { Project = "gallery", Environment = "shared", ManagedBy = "terraform" }
  }
}

# What is not one per environment: the images that all of them run.

module "registry" {
  source = "../../modules/registry"

  name             = "gallery-shared"
  account          = { id = "111111111111", region = "eu-west-1" }
  repositories     = ["gallery/backend"]
  keep_images      = 50
  pull_account_ids = ["222222222222", "333333333333"]
}
