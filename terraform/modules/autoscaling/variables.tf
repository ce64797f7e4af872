variable "backlog_per_task" {
  description = "Queue whose waiting messages set the number of tasks, and how many of them one task should have before it. Null: off."
  type        = object({ queue_name = string, messages = number })
  default     = null

  validation {
    condition     = try(var.backlog_per_task.messages >= 1, var.backlog_per_task == null)
    error_message = "backlog_per_task.messages must be 1 or more."
  }
}

variable "cluster_name" {
  description = "Name of the ECS cluster."
  type        = string
  nullable    = false
}

variable "cooldowns" {
  description = "Seconds after one change of the number of tasks before the next: out is short, because a load that grows does not wait; in is long, because a task that starts needs a minute before its load shows."
  type = object({
    out_seconds = optional(number, 60)
    in_seconds  = optional(number, 300)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for seconds in values(var.cooldowns) : seconds >= 0 && seconds <= 3600])
    error_message = "cooldowns must be 0 to 3600 seconds."
  }
}

variable "cpu_percent" {
  description = "CPU utilisation that the tasks are kept at, in percent of what they reserve. Null: off."
  type        = number
  default     = null

  validation {
    condition     = try(var.cpu_percent >= 10 && var.cpu_percent <= 90, var.cpu_percent == null)
    error_message = "cpu_percent must be 10 to 90: above, a task has no room left while the next one starts."
  }
}

variable "max" {
  description = "Tasks at most."
  type        = number
  nullable    = false

  validation {
    condition     = var.max >= 1 && floor(var.max) == var.max
    error_message = "max must be a whole number of tasks, 1 or more."
  }
}

variable "min" {
  description = "Tasks at least. 0 needs backlog_per_task, which wakes the service on the first message."
  type        = number
  nullable    = false

  validation {
    condition     = var.min >= 0 && floor(var.min) == var.min
    error_message = "min must be a whole number of tasks, 0 or more."
  }
  validation {
    condition     = var.min <= var.max
    error_message = "min must not be above max."
  }
  validation {
    condition     = var.min >= 1 || var.backlog_per_task != null
    error_message = "min must be 1 or more without backlog_per_task: a service at zero tasks has no load by which to wake it."
  }
}

variable "name" {
  description = "Prefix of the names of the policies and alarms."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 40 lower-case letters, digits and hyphens, begin with a letter and not end in a hyphen."
  }
}

variable "requests_per_target" {
  description = "Requests a minute that one task should answer, and the load balancer with its target group as CloudWatch labels them (app/NAME/ID/targetgroup/NAME/ID). Null: off."
  type        = object({ target = number, resource_label = string })
  default     = null

  validation {
    condition     = try(var.requests_per_target.target >= 1, var.requests_per_target == null)
    error_message = "requests_per_target.target must be 1 or more requests a minute."
  }
}

variable "schedule" {
  description = "Named times at which the limits change: a cron expression of EventBridge (six fields) in a time zone, and the limits from then on. At min = max = 0 the service sleeps until the next time."
  type = map(object({
    cron     = string
    timezone = optional(string, "UTC")
    min      = number
    max      = number
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for time in values(var.schedule) : can(regex("^cron\\((\\S+ ){5}\\S+\\)$", time.cron))])
    error_message = "schedule must give each cron as cron(minutes hours day-of-month month day-of-week year), such as cron(0 20 ? * MON-FRI *)."
  }
  validation {
    condition     = alltrue([for time in values(var.schedule) : time.min >= 0 && time.min <= time.max])
    error_message = "schedule must have min of 0 or more and not above max at each time."
  }
  validation {
    condition     = alltrue([for time in values(var.schedule) : time.min >= 1 || time.max == 0 || var.backlog_per_task != null])
    error_message = "schedule must have a min of 1 or more, or a max of 0, at each time without backlog_per_task: a service at zero tasks has no load by which to wake it."
  }
}

variable "service_name" {
  description = "Name of the ECS service."
  type        = string
  nullable    = false
}
