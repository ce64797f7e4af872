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
  description = "ARN of the key that encrypts the secrets."
  type        = string
  nullable    = false
}

variable "name" {
  description = "Prefix of the names of everything in the module."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 24 lower-case letters, digits and hyphens, begin with a letter and not end in a hyphen."
  }
}

variable "recovery_window_days" {
  description = "Days in which a deleted secret can be brought back. 0 deletes at once, so that the environment can be made again under the same names."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.recovery_window_days == 0 || (var.recovery_window_days >= 7 && var.recovery_window_days <= 30)
    error_message = "recovery_window_days must be 0, or 7 to 30."
  }
}

variable "secrets" {
  description = "Secrets to hold, by the last part of their names. They are made empty: Terraform never sees a value."
  type        = map(object({ description = string }))
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.secrets) : can(regex("^[a-z][a-z0-9-]{0,61}[a-z0-9]$", key))])
    error_message = "secrets must have keys of 2 to 63 lower-case letters, digits and hyphens that begin with a letter and don't end in a hyphen."
  }
}
