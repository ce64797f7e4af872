variable "account" {
  description = "The account and region that the resources live in; ARNs are built from it."
  type        = object({ id = string, region = string })
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account.id)) && can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.account.region))
    error_message = "account must have an id of 12 digits and a region such as eu-west-1."
  }
}

variable "alarms" {
  description = "SNS topic that hears of the service's alarms, and the alarms of others (the load balancer's) that make ECS roll a deployment back."
  type = object({
    topic_arn            = string
    rollback_alarm_names = optional(list(string), [])
  })
  nullable = false
}

variable "cluster" {
  description = "The ECS cluster that the tasks run in."
  type        = object({ name = string, arn = string })
  nullable    = false
}

variable "container" {
  description = "What runs: image, command, plain environment, secrets by the name of the variable (the ARN, and the ARN with its random suffix as `-??????` for policies), the port it listens on, an optional health check inside the container, and the seconds between SIGTERM and SIGKILL."
  type = object({
    image       = string
    command     = list(string)
    environment = optional(map(string), {})
    secrets     = optional(map(object({ arn = string, pattern = string })), {})
    port        = optional(number)
    health_check = optional(object({
      command              = list(string)
      interval_seconds     = optional(number, 30)
      timeout_seconds      = optional(number, 5)
      retries              = optional(number, 3)
      start_period_seconds = optional(number, 60)
    }))
    stop_timeout_seconds = optional(number, 30)
  })
  nullable = false

  validation {
    condition     = can(regex("^[^@ ]+@sha256:[0-9a-f]{64}$", var.container.image))
    error_message = "container.image must name a digest, repository@sha256: and 64 hexadecimal digits: a tag can move between two tasks of one service."
  }
  validation {
    condition     = length(var.container.command) > 0
    error_message = "container.command must have at least one word: what a task runs is stated here, not left to the image."
  }
  validation {
    condition     = var.container.stop_timeout_seconds >= 2 && var.container.stop_timeout_seconds <= 120
    error_message = "container.stop_timeout_seconds must be 2 to 120, the most that Fargate grants."
  }
  validation {
    condition     = length(setintersection(keys(var.container.environment), keys(var.container.secrets))) == 0
    error_message = "container.environment and container.secrets must not name the same variable: ECS refuses the task definition."
  }
  validation {
    condition     = alltrue([for secret in values(var.container.secrets) : can(regex("^arn:[^:]+:secretsmanager:[^:]+:[0-9]{12}:secret:[^*]+-[?]{6}$", secret.pattern))])
    error_message = "container.secrets must give each secret's pattern as its ARN ending in -??????, so that the policy names exactly that secret."
  }
  validation {
    condition     = try(var.container.port >= 1 && var.container.port <= 65535, var.container.port == null)
    error_message = "container.port must be 1 to 65535, or null when the task listens on nothing."
  }
  validation {
    condition = try(
      var.container.health_check.interval_seconds >= 5 && var.container.health_check.interval_seconds <= 300 &&
      var.container.health_check.timeout_seconds >= 2 && var.container.health_check.timeout_seconds <= 60 &&
      var.container.health_check.retries >= 1 && var.container.health_check.retries <= 10 &&
      var.container.health_check.start_period_seconds >= 0 && var.container.health_check.start_period_seconds <= 300 &&
      contains(["CMD", "CMD-SHELL"], var.container.health_check.command[0]),
      var.container.health_check == null,
    )
    error_message = "container.health_check must begin its command with CMD or CMD-SHELL, and keep ECS's limits: interval 5 to 300 s, timeout 2 to 60 s, retries 1 to 10, start period 0 to 300 s."
  }
}

variable "load_balancer" {
  description = "Target group that the tasks join, the load balancer's security group, and the seconds that a starting task may fail health checks. Null: nothing reaches the tasks from outside."
  type = object({
    target_group_arn  = string
    security_group_id = string
    grace_seconds     = optional(number, 60)
  })
  default = null

  validation {
    condition     = var.load_balancer == null || (var.container.port != null && var.replicas != null)
    error_message = "load_balancer needs a container.port to send requests to, and replicas: a one-off task takes no requests."
  }
}

variable "logs" {
  description = "Days that CloudWatch keeps what the tasks print (one of the periods it offers), and the key that encrypts it."
  type        = object({ retention_days = number, kms_key_arn = string })
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.logs.retention_days)
    error_message = "logs.retention_days must be a period that CloudWatch offers: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
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

variable "network" {
  description = "Where the tasks run and whom they may call: VPC, private subnets, the network module's `egress`, and the database (null for a task that never opens a connection)."
  type = object({
    vpc_id     = string
    subnet_ids = list(string)
    egress = object({
      internet                    = bool
      endpoints_security_group_id = string
      s3_prefix_list_id           = string
    })
    database = optional(object({ security_group_id = string, port = number }))
  })
  nullable = false

  validation {
    condition     = length(var.network.subnet_ids) >= 2
    error_message = "network.subnet_ids must name subnets in at least 2 zones, so that the service outlives one."
  }
  validation {
    condition     = var.network.egress.internet || var.network.egress.endpoints_security_group_id != null
    error_message = "network.egress must lead somewhere: without the internet it needs endpoints_security_group_id, or no task can pull its image."
  }
}

variable "permissions" {
  description = "What the code in the container may do, one statement each: a sid, actions, resources, and conditions where the resource alone says too little."
  type = list(object({
    sid       = string
    actions   = list(string)
    resources = list(string)
    conditions = optional(list(object({
      test     = string
      variable = string
      values   = list(string)
    })), [])
  }))
  default  = []
  nullable = false

  validation {
    condition     = alltrue([for permission in var.permissions : can(regex("^[A-Za-z0-9]{1,64}$", permission.sid))]) && length(distinct(var.permissions[*].sid)) == length(var.permissions)
    error_message = "permissions must have unique sids of 1 to 64 letters and digits."
  }
  validation {
    condition     = !contains(flatten(var.permissions[*].actions), "*") && !anytrue([for action in flatten(var.permissions[*].actions) : endswith(action, ":*")])
    error_message = "permissions must name actions, such as s3:GetObject: * and s3:* grant what nobody has thought of."
  }
}

variable "replicas" {
  description = "How many tasks run and how they are replaced: the number to begin with (autoscaling owns it afterwards), the share that must stay up and may exist during a deployment, Spot capacity, and moving tasks until the zones are even. Null: a one-off task, and no service."
  type = object({
    desired                 = number
    minimum_healthy_percent = optional(number, 100)
    maximum_percent         = optional(number, 200)
    spot                    = optional(bool, false)
    rebalance               = optional(bool, true)
  })
  default = null

  validation {
    condition     = try(var.replicas.desired >= 0 && floor(var.replicas.desired) == var.replicas.desired, var.replicas == null)
    error_message = "replicas.desired must be a whole number of tasks, 0 or more."
  }
  validation {
    condition = try(
      var.replicas.minimum_healthy_percent >= 0 && var.replicas.minimum_healthy_percent <= 100 &&
      var.replicas.maximum_percent >= 100 && var.replicas.maximum_percent <= 200 &&
      var.replicas.maximum_percent > var.replicas.minimum_healthy_percent,
      var.replicas == null,
    )
    error_message = "replicas must have a minimum_healthy_percent of 0 to 100 below a maximum_percent of 100 to 200: at equal shares a deployment can neither stop a task nor start one."
  }
  validation {
    condition     = try(!var.replicas.rebalance || var.replicas.maximum_percent > 100, var.replicas == null)
    error_message = "replicas.rebalance needs a maximum_percent above 100: ECS starts a task in the empty zone before it stops one in the full zone."
  }
}

variable "role" {
  description = "What the tasks are for, in one word: web, worker, beat, migrate. Names the service, the container and the log group."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,14}[a-z0-9]$", var.role)) && var.role != "exec"
    error_message = "role must be 3 to 16 lower-case letters, digits and hyphens, begin with a letter, and not be exec, the cluster's log of sessions."
  }
}

variable "size" {
  description = "Fargate's CPU units (1024 are one vCPU) and MiB of memory, in a pair that it offers, and the processor that the image is built for."
  type = object({
    cpu          = number
    memory       = number
    architecture = optional(string, "ARM64")
  })
  nullable = false

  validation {
    condition     = contains(lookup(local._fargate_memory, tostring(var.size.cpu), []), var.size.memory)
    error_message = "size must be a pair that Fargate offers: cpu 256 with memory 512, 1024 or 2048; 512 with 1024 to 4096; 1024 with 2048 to 8192; 2048 with 4096 to 16384; 4096 with 8192 to 30720 (steps of 1024); 8192 with 16384 to 61440 (steps of 4096); 16384 with 32768 to 122880 (steps of 8192)."
  }
  validation {
    condition     = contains(["ARM64", "X86_64"], var.size.architecture)
    error_message = "size.architecture must be ARM64 or X86_64."
  }
}
