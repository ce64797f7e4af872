variable "account" {
  description = "The account and region that the resources live in; ARNs are built from it."
  type        = object({ id = string, region = string })
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account.id)) && can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.account.region))
    error_message = "account must have an id of 12 digits and a region such as eu-west-1."
  }
}

variable "alarm_topic_arn" {
  description = "SNS topic that hears of alarms, and of their end."
  type        = string
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the messages."
  type        = string
  nullable    = false
}

variable "max_age_seconds" {
  description = "Age of the oldest waiting message that sets off the alarm: how long a job may wait before somebody should look."
  type        = number
  nullable    = false

  validation {
    condition     = var.max_age_seconds >= 60
    error_message = "max_age_seconds must be 60 or more: CloudWatch sees the queue once a minute."
  }
}

variable "max_receives" {
  description = "Times that a message is handed out before it counts as poison and goes to the dead-letter queue."
  type        = number
  nullable    = false

  validation {
    condition     = var.max_receives >= 2 && var.max_receives <= 1000
    error_message = "max_receives must be 2 to 1000: at 1, the loss of a single Spot task makes dead letters of its jobs."
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

variable "retention_seconds" {
  description = "Seconds that a message waits before SQS drops it."
  type        = number
  nullable    = false

  validation {
    condition     = var.retention_seconds >= 60 && var.retention_seconds <= 604800
    error_message = "retention_seconds must be 60 to 604800 (7 days): a dead letter keeps its age, and needs the other half of its 14 days for somebody to look."
  }
}

variable "visibility_timeout_seconds" {
  description = "Seconds that a message which a worker has taken stays hidden from the others. Shorter than a job, the job runs twice."
  type        = number
  nullable    = false

  validation {
    condition     = var.visibility_timeout_seconds >= 30 && var.visibility_timeout_seconds <= 43200
    error_message = "visibility_timeout_seconds must be 30 to 43200 (12 hours, the limit of SQS)."
  }
  validation {
    condition     = var.visibility_timeout_seconds * var.max_receives < var.retention_seconds
    error_message = "visibility_timeout_seconds times max_receives must be below retention_seconds: a failing job would expire before it becomes a dead letter."
  }
}
