variable "aliases" {
  description = "Hostnames that the distribution answers for; the certificate covers them."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.aliases) > 0 && alltrue([for name in var.aliases : length(name) <= 253 && can(regex("^(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$", name))])
    error_message = "aliases must be one or more lower-case hostnames of at most 253 characters, such as static.example.com."
  }
}

variable "bucket" {
  description = "Private bucket whose objects are served."
  type        = object({ regional_domain_name = string })
  nullable    = false
}

variable "certificate_arn" {
  description = "Validated ACM certificate for the aliases."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws:acm:us-east-1:", var.certificate_arn))
    error_message = "certificate_arn must be of a certificate in us-east-1, the only region that CloudFront takes one from."
  }
}

variable "content_security_policy" {
  description = "Content-Security-Policy sent with every answer; null sends none."
  type        = string
  default     = null
}

variable "cors_origins" {
  description = "Origins whose pages may read the objects (fonts need it); empty sends no CORS headers."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https?://[a-z0-9.-]+(:[0-9]+)?$", origin))])
    error_message = "cors_origins must be origins without a path, such as https://example.com."
  }
}

variable "log_bucket_domain_name" {
  description = "Domain name of the bucket that receives access logs under cloudfront/; null writes none."
  type        = string
  default     = null

  validation {
    condition     = var.log_bucket_domain_name == null ? true : endswith(var.log_bucket_domain_name, ".s3.amazonaws.com")
    error_message = "log_bucket_domain_name must end in .s3.amazonaws.com, the only form that CloudFront logs to."
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

variable "price_class" {
  description = "Edges that serve: PriceClass_100 (Europe and North America), PriceClass_200 or PriceClass_All."
  type        = string
  default     = "PriceClass_100"
  nullable    = false

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "price_class must be PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "single_page" {
  description = "Whether the bucket holds a single-page site: unknown paths without an extension get index.html, HTML is not kept, /assets/ is."
  type        = bool
  nullable    = false
}

variable "web_acl_arn" {
  description = "WAF web ACL of scope CLOUDFRONT; null means none."
  type        = string
  default     = null

  validation {
    condition     = var.web_acl_arn == null ? true : can(regex("^arn:aws:wafv2:us-east-1:[0-9]{12}:global/webacl/", var.web_acl_arn))
    error_message = "web_acl_arn must be of a web ACL of scope CLOUDFRONT, which lives in us-east-1."
  }
}
