variable "account" {
  description = "The account and region that the resources live in; ARNs are built from it."
  type        = object({ id = string, region = string })
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account.id)) && can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.account.region))
    error_message = "account must have an id of 12 digits and a region such as eu-west-1."
  }
}

variable "dashboard" {
  description = "What the dashboard shows: the load balancer and its targets as CloudWatch labels them, the ECS services by role, the queues (null without workers) and the database."
  type = object({
    load_balancer_arn_suffix = string
    target_group_arn_suffix  = string
    cluster_name             = string
    service_names            = map(string)
    queue_name               = optional(string)
    dead_letter_queue_name   = optional(string)
    database_id              = string
  })
  nullable = false
}

variable "emails" {
  description = "Addresses that hear of alarms. Each receives a message from AWS and has to confirm it."
  type        = list(string)
  nullable    = false

  validation {
    condition     = alltrue([for email in var.emails : can(regex("^[^@ ]+@[^@ ]+[.][^@ ]+$", email))]) && length(distinct(var.emails)) == length(var.emails)
    error_message = "emails must be different addresses, such as team@example.com."
  }
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the alarms on their way."
  type        = string
  nullable    = false
}

variable "monthly_budget_usd" {
  description = "What a month of the account may cost, in USD. Null: no budget."
  type        = number
  default     = null

  validation {
    condition     = try(var.monthly_budget_usd >= 1, var.monthly_budget_usd == null)
    error_message = "monthly_budget_usd must be 1 or more, or null."
  }
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
