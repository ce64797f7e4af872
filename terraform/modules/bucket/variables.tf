variable "account" {
  description = "The account and region that the resources live in; ARNs are built from it."
  type        = object({ id = string, region = string })
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account.id)) && can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.account.region))
    error_message = "account must have an id of 12 digits and a region such as eu-west-1."
  }
}

variable "cors" {
  description = "Sites whose pages may use the bucket from a browser; null means none."
  type = object({
    headers         = optional(list(string), ["*"])
    max_age_seconds = optional(number, 3600)
    methods         = list(string)
    origins         = list(string)
  })
  default = null

  validation {
    condition     = var.cors == null ? true : length(var.cors.origins) > 0 && alltrue([for origin in var.cors.origins : can(regex("^https?://[a-z0-9.-]+(:[0-9]+)?$", origin))])
    error_message = "cors.origins must be one or more origins without a path, such as https://example.com."
  }

  validation {
    condition     = var.cors == null ? true : length(var.cors.methods) > 0 && alltrue([for method in var.cors.methods : contains(["DELETE", "GET", "HEAD", "POST", "PUT"], method)])
    error_message = "cors.methods must be one or more of DELETE, GET, HEAD, POST and PUT."
  }
}

variable "distribution_arns" {
  description = "CloudFront distributions that read the bucket through Origin Access Control, by a name of the caller's."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "expirations" {
  description = "Days after which objects are deleted, by prefix; the empty prefix means every object."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for days in values(var.expirations) : days >= 1 && floor(days) == days])
    error_message = "expirations must be whole days, at least 1."
  }
}

variable "force_destroy" {
  description = "Whether the bucket may be deleted with what is in it."
  type        = bool
  default     = false
  nullable    = false
}

variable "kms_key_arn" {
  description = "Key that encrypts new objects; null leaves it to the key that S3 owns (AES256)."
  type        = string
  default     = null

  validation {
    condition     = !var.receives_logs || var.kms_key_arn == null
    error_message = "kms_key_arn must be null where receives_logs is true, for load balancers write to buckets with AES256 only."
  }

  validation {
    condition     = length(var.distribution_arns) == 0 || var.kms_key_arn == null
    error_message = "kms_key_arn must be null where distribution_arns has entries: CloudFront would need a statement in the key's policy, and what it serves is public."
  }
}

variable "log_bucket" {
  description = "Name of the bucket that receives this one's access log under s3/; null writes none."
  type        = string
  default     = null

  validation {
    condition     = var.log_bucket == null ? true : var.log_bucket != var.name
    error_message = "log_bucket must be another bucket: one that logs to itself grows for ever."
  }
}

variable "name" {
  description = "Full name of the bucket; bucket names are unique in the whole world."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 63 lower-case letters, digits and hyphens (a dot would break TLS), with a letter or digit at both ends."
  }
}

variable "noncurrent_days" {
  description = "Days that a replaced or deleted version is kept, where the bucket is versioned."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.noncurrent_days >= 1 && floor(var.noncurrent_days) == var.noncurrent_days
    error_message = "noncurrent_days must be whole days, at least 1."
  }
}

variable "receives_logs" {
  description = "Whether load balancers, other buckets and CloudFront of this account may write their logs here."
  type        = bool
  default     = false
  nullable    = false
}

variable "versioned" {
  description = "Whether replaced and deleted objects can be had back."
  type        = bool
  default     = true
  nullable    = false
}
