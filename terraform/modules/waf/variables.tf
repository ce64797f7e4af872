variable "account" {
  description = "The account and region that the resources live in; ARNs are built from it."
  type        = object({ id = string, region = string })
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account.id)) && can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.account.region))
    error_message = "account must have an id of 12 digits and a region such as eu-west-1."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the log, of the log's own region; null leaves it to the key that CloudWatch owns."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Days that CloudWatch keeps the log."
  type        = number
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one of CloudWatch's periods: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "name" {
  description = "Prefix of the names of everything in the module; the caller adds what it is for, such as gallery-staging-site."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 40 lower-case letters, digits and hyphens, begin with a letter and not end in a hyphen."
  }
}

variable "rate_limit" {
  description = "Requests in five minutes after which an address is blocked until it slows down."
  type        = number
  nullable    = false

  validation {
    condition     = var.rate_limit >= 10 && var.rate_limit <= 2000000000
    error_message = "rate_limit must be 10 to 2,000,000,000 requests in five minutes."
  }
}

variable "resource_arns" {
  description = "Load balancers that the web ACL protects, by a name of the caller's; a distribution names its web ACL itself."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = var.scope == "REGIONAL" || length(var.resource_arns) == 0
    error_message = "resource_arns must be empty where scope is CLOUDFRONT, for a distribution names its web ACL itself."
  }
}

variable "scope" {
  description = "REGIONAL for load balancers, or CLOUDFRONT for distributions (the provider's region is then us-east-1)."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["CLOUDFRONT", "REGIONAL"], var.scope)
    error_message = "scope must be CLOUDFRONT or REGIONAL."
  }

  validation {
    condition     = var.scope != "CLOUDFRONT" || var.account.region == "us-east-1"
    error_message = "scope CLOUDFRONT needs account.region to be us-east-1, where such web ACLs and their logs live."
  }
}
