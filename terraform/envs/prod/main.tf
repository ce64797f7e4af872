terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
  backend "s3" {
    bucket              = "gallery-prod-state-333333333333"
    key                 = "prod.tfstate"
    region              = "eu-west-1"
    encrypt             = true
    use_lockfile        = true
    allowed_account_ids = ["333333333333"]
  }
}

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["333333333333"]
  default_tags {
    tags = { Project = "gallery", Environment = "prod", ManagedBy = "terraform" }
  }
}

# CloudFront takes its certificates from us-east-1 only.
provider "aws" {
  alias               = "us_east_1"
  region              = "us-east-1"
  allowed_account_ids = ["333333333333"]
  default_tags {
    tags = { Project = "gallery", Environment = "prod", ManagedBy = "terraform" }
  }
}

module "stack" {
  source    = "../../stack"
  providers = { aws = aws, aws.us_east_1 = aws.us_east_1 }

  environment = {
    project    = "gallery"
    name       = "prod"
    account_id = "333333333333"
    region     = "eu-west-1"
    protected  = true
  }

  domain = {
    name    = "example.com"
    zone_id = "Z00EXAMPLE0000000000"
  }

  image = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/gallery/backend@${var.image_digest}"

  network = {
    cidr   = "10.30.0.0/16"
    zones  = ["eu-west-1a", "eu-west-1b"]
    egress = "endpoints" # no way to the internet; costs what two NAT gateways do
  }

  web = {
    cpu                 = 1024
    memory              = 2048
    workers             = 2
    threads             = 4
    min                 = 2
    max                 = 20
    cpu_percent         = 60
    requests_per_target = 1000
    spot                = false
  }

  worker = {
    cpu                = 1024
    memory             = 2048
    concurrency        = 2
    min                = 1
    max                = 10
    spot               = false
    time_limit_seconds = 300
    messages_per_task  = 20
  }

  database = {
    min_acu               = 1
    max_acu               = 16
    readers               = 1
    backup_retention_days = 14
  }

  edge = {
    price_class = "PriceClass_All"
    firewall    = { requests_per_five_minutes = 2000 }
  }

  observability = {
    emails             = ["oncall@example.com"]
    monthly_budget_usd = 800
    log_retention_days = 90
  }

  secrets = {}
}
