variable "alarm_topic_arn" {
  description = "SNS topic that hears of alarms and of their end."
  type        = string
  nullable    = false
}

variable "certificate_arn" {
  description = "Validated ACM certificate, of the load balancer's own region."
  type        = string
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the load balancer."
  type        = bool
  nullable    = false
}

variable "idle_timeout_seconds" {
  description = "Seconds without data after which a connection is closed; the target's own keep-alive must be longer."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.idle_timeout_seconds >= 1 && var.idle_timeout_seconds <= 4000
    error_message = "idle_timeout_seconds must be 1 to 4000."
  }
}

variable "log_bucket" {
  description = "Name of the bucket that receives access logs under load-balancer/; null writes none."
  type        = string
  default     = null
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

variable "subnet_ids" {
  description = "Public subnets, each in another zone."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids must be at least 2, for a load balancer spans at least two zones."
  }
}

variable "target" {
  description = "How requests and health checks reach the tasks."
  type = object({
    deregistration_delay_seconds  = optional(number, 60)
    health_check_interval_seconds = optional(number, 15)
    health_check_path             = optional(string, "/healthz")
    health_check_timeout_seconds  = optional(number, 5)
    healthy_threshold             = optional(number, 2)
    port                          = optional(number, 8000)
    unhealthy_threshold           = optional(number, 3)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.target.port >= 1 && var.target.port <= 65535
    error_message = "target.port must be 1 to 65535."
  }

  validation {
    condition     = var.target.deregistration_delay_seconds >= 0 && var.target.deregistration_delay_seconds <= 3600
    error_message = "target.deregistration_delay_seconds must be 0 to 3600."
  }

  validation {
    condition     = startswith(var.target.health_check_path, "/")
    error_message = "target.health_check_path must begin with a slash."
  }

  validation {
    condition     = var.target.health_check_interval_seconds >= 5 && var.target.health_check_interval_seconds <= 300 && var.target.health_check_timeout_seconds >= 2 && var.target.health_check_timeout_seconds < var.target.health_check_interval_seconds
    error_message = "target.health_check_interval_seconds must be 5 to 300, and target.health_check_timeout_seconds at least 2 and below the interval."
  }

  validation {
    condition     = alltrue([for threshold in [var.target.healthy_threshold, var.target.unhealthy_threshold] : threshold >= 2 && threshold <= 10])
    error_message = "target.healthy_threshold and target.unhealthy_threshold must be 2 to 10."
  }
}

variable "target_security_group_id" {
  description = "Group of the tasks: the only place the load balancer may connect to."
  type        = string
  nullable    = false
}

variable "thresholds" {
  description = "When the alarms ring: failed requests a minute, failed requests in percent, and the 95th percentile of the answer's time."
  type = object({
    error_percent    = optional(number, 5)
    errors           = optional(number, 10)
    latency_seconds  = optional(number, 2)
    minimum_requests = optional(number, 20)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.thresholds.error_percent > 0 && var.thresholds.error_percent < 100
    error_message = "thresholds.error_percent must be above 0 and below 100."
  }
}

variable "vpc_id" {
  description = "VPC of the subnets and the tasks."
  type        = string
  nullable    = false
}
