terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
  backend "s3" {
    bucket              = "gallery-staging-state-222222222222"
    key                 = "staging.tfstate"
    region              = "eu-west-1"
    encrypt             = true
    use_lockfile        = true
    allowed_account_ids = ["222222222222"]
  }
}

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["222222222222"]
  default_tags {
    tags = { Project = "gallery", Environment = "staging", ManagedBy = "terraform" }
  }
}

# CloudFront takes its certificates from us-east-1 only.
provider "aws" {
  alias               = "us_east_1"
  region              = "us-east-1"
  allowed_account_ids = ["222222222222"]
  default_tags {
    tags = { Project = "gallery", Environment = "staging", ManagedBy = "terraform" }
  }
}

module "stack" {
  source    = "../../stack"
  providers = { aws = aws, aws.us_east_1 = aws.us_east_1 }

  environment = {
    project    = "gallery"
    name       = "staging"
    account_id = "222222222222"
    region     = "eu-west-1"
    protected  = false
  }

  domain = {
    name    = "staging.example.com"
    zone_id = "Z00EXAMPLE0000000000"
  }

  image = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/gallery/backend@${var.image_digest}"

  network = {
    cidr   = "10.20.0.0/16"
    zones  = ["eu-west-1a", "eu-west-1b"]
    egress = "nat" # one gateway costs half of the endpoints over two zones, and its zone may fail
  }

  web = {
    cpu                 = 512
    memory              = 1024
    workers             = 2
    threads             = 4
    min                 = 1
    max                 = 2
    cpu_percent         = 60
    requests_per_target = 1000
    spot                = true
    schedule = { # nobody tests at night or at weekends
      night   = { cron = "cron(0 20 * * ? *)", timezone = "Europe/Dublin", min = 0, max = 0 }
      morning = { cron = "cron(0 7 ? * MON-FRI *)", timezone = "Europe/Dublin", min = 1, max = 2 }
    }
  }

  worker = {
    cpu                = 512
    memory             = 1024
    concurrency        = 2
    min                = 0
    max                = 2
    spot               = true
    time_limit_seconds = 300
    messages_per_task  = 20
  }

  database = {
    min_acu               = 0
    max_acu               = 2
    auto_pause_seconds    = 600
    readers               = 0
    backup_retention_days = 1
  }

  edge = {
    price_class = "PriceClass_100"
    firewall    = { requests_per_five_minutes = 2000 }
  }

  observability = {
    emails             = ["team@example.com"]
    monthly_budget_usd = 150
    log_retention_days = 14
  }

  secrets = {}
}
