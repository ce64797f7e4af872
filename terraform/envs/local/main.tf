terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["123456789012"]
  default_tags {
    tags = { Project = "gallery", Environment = "local", ManagedBy = "terraform" }
  }
}

# CloudFront takes its certificates from us-east-1 only.
provider "aws" {
  alias               = "us_east_1"
  region              = "us-east-1"
  allowed_account_ids = ["123456789012"]
  default_tags {
    tags = { Project = "gallery", Environment = "local", ManagedBy = "terraform" }
  }
}

module "stack" {
  source    = "../../stack"
  providers = { aws = aws, aws.us_east_1 = aws.us_east_1 }

  environment = {
    project    = "gallery"
    name       = "local"
    account_id = "123456789012"
    region     = "eu-west-1"
    protected  = false
  }

  domain = {
    name    = "gallery.localhost"
    zone_id = module.hosted_zone.zone_id
  }

  image = "${module.registry.repositories["gallery/backend"].url}@${var.image_digest}"

  network = {
    cidr   = "10.10.0.0/16"
    zones  = ["eu-west-1a", "eu-west-1b"]
    egress = "endpoints"
  }

  web = {
    cpu                 = 512
    memory              = 1024
    workers             = 2
    threads             = 4
    min                 = 2
    max                 = 4
    cpu_percent         = 60
    requests_per_target = 1000
    spot                = false
    schedule = {
      night   = { cron = "cron(0 20 * * ? *)", timezone = "Europe/Dublin", min = 1, max = 2 }
      morning = { cron = "cron(0 7 ? * MON-FRI *)", timezone = "Europe/Dublin", min = 2, max = 4 }
    }
  }

  worker = {
    cpu                = 512
    memory             = 1024
    concurrency        = 2
    min                = 0
    max                = 2
    spot               = false
    time_limit_seconds = 300
    messages_per_task  = 20
  }

  database = {
    min_acu               = 0.5
    max_acu               = 4
    readers               = 1
    backup_retention_days = 7
  }

  edge = {
    price_class = "PriceClass_100"
    firewall    = { requests_per_five_minutes = 2000 }
  }

  observability = {
    emails             = ["developer@gallery.localhost"]
    monthly_budget_usd = 100
    log_retention_days = 7
  }

  secrets = {}
}
