terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
      # CloudFront reads certificates and web ACLs in us-east-1 only.
      configuration_aliases = [aws, aws.us_east_1]
    }
  }
}
