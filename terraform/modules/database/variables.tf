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

variable "backup_retention_days" {
  description = "Days back to which the cluster can be restored, to the second."
  type        = number
  nullable    = false

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35
    error_message = "backup_retention_days must be 1 to 35."
  }
}

variable "capacity" {
  description = "Capacity in ACU, each about 2 GiB of memory with the processor to match, and the idle seconds after which the cluster pauses (null never; only at a minimum of 0)."
  type = object({
    min_acu            = number
    max_acu            = number
    auto_pause_seconds = optional(number)
  })
  nullable = false

  validation {
    condition     = var.capacity.min_acu >= 0 && floor(var.capacity.min_acu * 2) == var.capacity.min_acu * 2
    error_message = "capacity.min_acu must be 0 or more, in steps of 0.5."
  }
  validation {
    condition     = var.capacity.max_acu >= 1 && var.capacity.max_acu <= 256 && floor(var.capacity.max_acu * 2) == var.capacity.max_acu * 2
    error_message = "capacity.max_acu must be 1 to 256, in steps of 0.5."
  }
  validation {
    condition     = var.capacity.min_acu <= var.capacity.max_acu
    error_message = "capacity.min_acu must not be above capacity.max_acu."
  }
  validation {
    condition     = try(var.capacity.auto_pause_seconds >= 300 && var.capacity.auto_pause_seconds <= 86400, var.capacity.auto_pause_seconds == null)
    error_message = "capacity.auto_pause_seconds must be 300 to 86400 (5 minutes to a day), or null."
  }
  validation {
    condition     = (var.capacity.min_acu == 0) == (var.capacity.auto_pause_seconds != null)
    error_message = "capacity.auto_pause_seconds goes with a capacity.min_acu of 0, and only with it: at 0 Aurora always pauses, above 0 never."
  }
}

variable "client_security_group_ids" {
  description = "Security groups of those who may connect, by any name that is known in advance."
  type        = map(string)
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the cluster, and a deletion after all keeps a last snapshot and the automatic backups."
  type        = bool
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts storage, backups, master credentials, logs and performance data."
  type        = string
  nullable    = false
}

variable "log_retention_days" {
  description = "Days that CloudWatch keeps the logs; one of the periods it offers."
  type        = number
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a period that CloudWatch offers: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
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

variable "readers" {
  description = "Instances beside the writer, which answer read-only queries and take its place when it fails: within a minute with one, in up to 10 minutes without."
  type        = number
  nullable    = false

  validation {
    condition     = var.readers >= 0 && var.readers <= 15 && floor(var.readers) == var.readers
    error_message = "readers must be a whole number from 0 to 15."
  }
}

variable "subnet_ids" {
  description = "Private subnets in at least two zones."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids must name subnets in at least 2 zones: Aurora refuses fewer."
  }
}

variable "vpc_id" {
  description = "VPC that the subnets are in."
  type        = string
  nullable    = false
}
