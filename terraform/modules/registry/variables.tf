variable "account" {
  description = "The account and region that the resources live in; ARNs are built from it."
  type        = object({ id = string, region = string })
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account.id)) && can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.account.region))
    error_message = "account must have an id of 12 digits and a region such as eu-west-1."
  }
}

variable "keep_images" {
  description = "Newest images that each repository keeps. It has to reach back as far as a rollback may."
  type        = number
  nullable    = false

  validation {
    condition     = var.keep_images >= 5 && var.keep_images <= 1000
    error_message = "keep_images must be 5 to 1000: fewer may expire the image that production runs."
  }
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the images. Null: ECR's own AES-256."
  type        = string
  default     = null
}

variable "name" {
  description = "Prefix of the repositories' Name tags."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 24 lower-case letters, digits and hyphens, begin with a letter and not end in a hyphen."
  }
}

variable "pull_account_ids" {
  description = "Other accounts whose tasks may pull the images."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.pull_account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "pull_account_ids must be account ids of 12 digits."
  }
}

variable "repositories" {
  description = "Names of the repositories, such as gallery/backend."
  type        = set(string)
  nullable    = false

  validation {
    condition     = alltrue([for name in var.repositories : length(name) >= 2 && length(name) <= 256 && can(regex("^[a-z0-9]+([._/-][a-z0-9]+)*$", name))])
    error_message = "repositories must be names of 2 to 256 lower-case letters and digits, with single . _ - or / between them."
  }
}
