locals {
  _full_name      = "${var.name}-${var.role}"
  _log_group_name = "/${var.name}/${var.role}"

  # The agent of ECS Exec runs inside the container and needs these two; both are as short-lived as the task.
  # Django, gunicorn and Celery write to /tmp alone. A volume belongs to root unless the image declares it with VOLUME:
  # then it takes over the owner and mode of the image's directory (ECS developer guide, "bind mounts").
  _writable = {
    tmp       = "/tmp"
    agent     = "/var/lib/amazon"
    agent-log = "/var/log/amazon"
  }

  _container = { for key, value in {
    name                   = var.role
    image                  = var.container.image
    command                = var.container.command
    essential              = true
    user                   = "10001:10001"
    readonlyRootFilesystem = true
    stopTimeout            = var.container.stop_timeout_seconds
    environment            = [for name, text in var.container.environment : { name = name, value = text }]
    secrets                = [for name, secret in var.container.secrets : { name = name, valueFrom = secret.arn }]
    mountPoints            = [for name, path in local._writable : { sourceVolume = name, containerPath = path, readOnly = false }]
    linuxParameters = {
      initProcessEnabled = true # reaps what the command or a session leaves behind, and passes SIGTERM on
    }
    portMappings = var.container.port == null ? [] : [
      { name = "http", containerPort = var.container.port, hostPort = var.container.port, protocol = "tcp" },
    ]
    healthCheck = var.container.health_check == null ? null : {
      command     = var.container.health_check.command
      interval    = var.container.health_check.interval_seconds
      timeout     = var.container.health_check.timeout_seconds
      retries     = var.container.health_check.retries
      startPeriod = var.container.health_check.start_period_seconds
    }
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = local._log_group_name
        awslogs-region        = var.account.region
        awslogs-stream-prefix = "task"
        mode                  = "non-blocking" # when CloudWatch is slow, lines are lost rather than requests
        max-buffer-size       = "25m"
      }
    }
  } : key => value if value != null }
}

resource "aws_ecs_task_definition" "this" {
  family                   = local._full_name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.size.cpu
  memory                   = var.size.memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  container_definitions    = jsonencode([local._container])
  track_latest             = true # a release registers revisions too; compare with the newest, not with Terraform's last
  skip_destroy             = true # the revision before is what ECS rolls back to: it must stay active

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.size.architecture
  }

  dynamic "volume" {
    for_each = local._writable
    content {
      name = volume.key
    }
  }

  # ECS starts tasks as soon as there is a revision.
  depends_on = [
    aws_cloudwatch_log_group.this,
    aws_iam_role_policy.execution,
    aws_iam_role_policy.operation,
    aws_iam_role_policy.permission,
  ]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local._log_group_name
  retention_in_days = var.logs.retention_days
  kms_key_id        = var.logs.kms_key_arn
}
