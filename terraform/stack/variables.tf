# The product's nouns. Sizes are required, so that `diff` of two roots shows every difference; what is optional here
# has its default in the module that uses it, or turns a feature off when it is null.

variable "database" {
  description = "Aurora PostgreSQL Serverless v2: capacity in ACU (1 ACU is about 2 GiB of memory), idle seconds before it pauses (only at a minimum of 0 ACU; null never), readers beside the writer, days of backups."
  type = object({
    min_acu               = number
    max_acu               = number
    auto_pause_seconds    = optional(number)
    readers               = number
    backup_retention_days = number
  })
  nullable = false
}

variable "domain" {
  description = "The environment's domain name and the hosted zone that holds it: the site is served at the name itself, Django at api.NAME, static assets at static.NAME."
  type = object({
    name    = string
    zone_id = string
  })
  nullable = false

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain.name))
    error_message = "domain.name must be a lower-case host name with at least two labels, such as staging.example.com."
  }
  validation {
    condition     = can(regex("^Z[A-Z0-9]{1,31}$", var.domain.zone_id))
    error_message = "domain.zone_id must be the id of the hosted zone that holds domain.name, such as Z0123456789ABCDEFGHIJ: `invoke bootstrap` makes the zone and prints its id."
  }
}

variable "edge" {
  description = "CloudFront's price class, and the web application firewall before the load balancer (null leaves it out)."
  type = object({
    price_class = string
    firewall    = optional(object({ requests_per_five_minutes = number }))
  })
  nullable = false
}

variable "environment" {
  description = "Which environment this is and where it lives. A protected environment keeps its data and stays up: deletion protection, final snapshots, and the policies validated below."
  type = object({
    project    = string
    name       = string
    account_id = string
    region     = string
    protected  = bool
  })
  nullable = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", "${var.environment.project}-${var.environment.name}"))
    error_message = "environment.project and environment.name joined by a hyphen must be 3 to 24 lower-case letters, digits and hyphens: load balancers allow 32 characters in all."
  }
  validation {
    condition     = can(regex("^[0-9]{12}$", var.environment.account_id))
    error_message = "environment.account_id must be the 12 digits of an AWS account."
  }
  validation {
    condition     = !var.environment.protected || var.web.min >= 2
    error_message = "A protected environment needs web.min of at least 2, so that the loss of one zone or one task leaves it up."
  }
  validation {
    condition     = !var.environment.protected || (var.database.min_acu > 0 && var.database.auto_pause_seconds == null)
    error_message = "A protected environment never pauses its database: database.min_acu must be above 0 and database.auto_pause_seconds null."
  }
  validation {
    condition     = !var.environment.protected || var.database.readers >= 1
    error_message = "A protected environment needs database.readers of at least 1: without one a failover takes up to 10 minutes."
  }
  validation {
    condition     = !var.environment.protected || var.database.backup_retention_days >= 7
    error_message = "A protected environment keeps database backups for at least 7 days: database.backup_retention_days is too small."
  }
}

variable "image" {
  description = "The back end's image by digest (repository@sha256:…). A release owns which image runs; the verbs pass the running one, so that a plan changes the shape of a task and never its image by accident."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^@: ]+@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image must name a digest, repository@sha256: and 64 hexadecimal digits: a tag can move between staging and production."
  }
}

variable "network" {
  description = "Address range, zones, and the way out of the private subnets: `endpoints` (none but to the AWS services in use), `nat` (one gateway) or `nat_per_zone`. extra_endpoint_services adds interface endpoints for what the team's own code calls."
  type = object({
    cidr                    = string
    zones                   = list(string)
    egress                  = string
    extra_endpoint_services = optional(set(string), [])
    reserved_cidrs          = optional(list(string))
    subnet_cidrs = optional(object({
      public   = list(string)
      private  = list(string)
      database = list(string)
    }))
  })
  nullable = false
}

variable "observability" {
  description = "Who hears of alarms, what a month may cost in USD (null: no budget), and how many days logs are kept."
  type = object({
    emails             = list(string)
    monthly_budget_usd = optional(number)
    log_retention_days = number
  })
  nullable = false
}

variable "secrets" {
  description = "The team's own secrets by the name of the variable that each task reads, such as STRIPE_API_KEY. Terraform makes them empty; `invoke secrets.set` gives them a value."
  type        = map(object({ description = string }))
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.secrets) : can(regex("^[A-Z][A-Z0-9_]{1,62}$", name)) && name != "DJANGO_SECRET_KEY"])
    error_message = "secrets are named as variables of 2 to 63 capitals, digits and underscores; DJANGO_SECRET_KEY is the stack's own."
  }
}

variable "web" {
  description = "Django behind the load balancer: Fargate size, gunicorn workers × threads in a task, tasks at least and at most, what a task should carry (CPU percent, requests a minute), and named times at which the limits change (cron in a time zone)."
  type = object({
    cpu                 = number
    memory              = number
    workers             = number
    threads             = number
    min                 = number
    max                 = number
    cpu_percent         = number
    requests_per_target = number
    spot                = bool
    schedule = optional(map(object({
      cron     = string
      timezone = string
      min      = number
      max      = number
    })), {})
  })
  nullable = false

  validation {
    condition     = var.web.workers >= 1 && var.web.workers <= 32 && var.web.threads >= 1 && var.web.threads <= 64
    error_message = "web.workers must be 1 to 32 processes and web.threads 1 to 64 in each."
  }
}

variable "worker" {
  description = "Celery workers and the scheduler (null: no queue, no workers): Fargate size, processes in a task, tasks at least (0 sleeps and wakes on the first message) and at most, the hard time limit of a job, and the messages that one task should have waiting."
  type = object({
    cpu                = number
    memory             = number
    concurrency        = number
    min                = number
    max                = number
    spot               = bool
    time_limit_seconds = number
    messages_per_task  = number
    schedule = optional(map(object({
      cron     = string
      timezone = string
      min      = number
      max      = number
    })), {})
  })

  validation {
    condition     = try(var.worker.time_limit_seconds >= 10 && var.worker.time_limit_seconds <= 7200, var.worker == null)
    error_message = "worker.time_limit_seconds must be 10 to 7200: a message stays invisible for six times that, and SQS allows 12 hours."
  }
  validation {
    condition     = try(var.worker.concurrency >= 1 && var.worker.concurrency <= 64, var.worker == null)
    error_message = "worker.concurrency must be 1 to 64 processes in a task."
  }
}
