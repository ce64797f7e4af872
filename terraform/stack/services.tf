# What runs: one image, four commands.

locals {
  port          = 8000
  database_port = 5432

  # Each of these waits for the one before it. Load balancer: a connection it reuses must still be open at gunicorn. A
  # request may take `request_seconds`; a task that leaves finishes its requests before the load balancer forgets it,
  # and before Fargate kills it.
  timeouts = {
    idle_seconds           = 60
    keep_alive_seconds     = 75
    request_seconds        = 30
    graceful_seconds       = 30
    deregistration_seconds = 45
    web_stop_seconds       = 60
    worker_stop_seconds    = 120 # the most that Fargate grants; what is not done by then is delivered again
  }

  _queue = var.worker != null

  # Connections: each gunicorn process has a pool of one connection a thread, each Celery process has one.
  _web_connections    = var.web.workers * var.web.threads
  _worker_connections = try(var.worker.concurrency, 0)

  database_clients = merge(
    { web = module.web, migrate = module.migrate },
    local._queue ? { worker = module.worker[0] } : {},
  )
  service_names = merge(
    { web = module.web.service_name },
    local._queue ? { worker = module.worker[0].service_name, beat = module.beat[0].service_name } : {},
  )

  _environment = merge(
    {
      DJANGO_SETTINGS_MODULE = "config.settings"
      AWS_REGION             = var.environment.region
      ALLOWED_HOSTS          = local.hosts.api
      API_ORIGIN             = "https://${local.hosts.api}"
      SITE_ORIGIN            = "https://${local.hosts.site}"
      STATIC_URL             = "https://${local.hosts.static}/"
      MEDIA_BUCKET           = local.buckets.media
      LOG_LEVEL              = "INFO"
    },
    local._queue ? { CELERY_QUEUE_URL = module.queue[0].url, CELERY_TASK_TIME_LIMIT_SECONDS = tostring(var.worker.time_limit_seconds) } : {},
  )
  _database_environment = {
    DATABASE_HOST = module.database.endpoint
    DATABASE_PORT = tostring(local.database_port)
    DATABASE_NAME = module.database.database_name
    # A paused cluster takes about 15 s to resume, 30 s or more after a day.
    DATABASE_CONNECT_TIMEOUT_SECONDS = var.database.auto_pause_seconds == null ? "5" : "40"
  }
  _app_database_environment = merge(local._database_environment, { DATABASE_SECRET_ID = module.secrets.secrets["database-app"].arn })

  _secrets = merge(
    { DJANGO_SECRET_KEY = module.secrets.secrets["django-secret-key"] },
    { for name in keys(var.secrets) : name => module.secrets.secrets[local._secret_keys[name]] },
  )

  _network = {
    vpc_id     = module.network.vpc_id
    subnet_ids = values(module.network.private_subnet_ids)
    egress     = module.network.egress
    database   = { security_group_id = module.database.security_group_id, port = local.database_port }
  }
  _network_without_database = merge(local._network, { database = null })
  _logs                     = { retention_days = var.observability.log_retention_days, kms_key_arn = module.encryption.key_arn }
  _alarms                   = { topic_arn = module.observability.topic_arn, rollback_alarm_names = [] }

  _cluster = { name = module.cluster.name, arn = module.cluster.arn }
}

module "cluster" {
  source = "../modules/cluster"

  name               = local.name
  log_retention_days = var.observability.log_retention_days
  kms_key_arn        = module.encryption.key_arn
}

module "web" {
  source = "../modules/service"

  name    = local.name
  role    = "web"
  account = local.account
  cluster = local._cluster
  network = local._network
  container = {
    image = var.image
    command = [
      "gunicorn", "config.wsgi:application",
      "--bind=0.0.0.0:${local.port}",
      "--worker-class=gthread", # the sync class closes each connection, and the load balancer would meet a closed one
      "--workers=${var.web.workers}",
      "--threads=${var.web.threads}",
      "--timeout=${local.timeouts.request_seconds}",
      "--graceful-timeout=${local.timeouts.graceful_seconds}",
      "--keep-alive=${local.timeouts.keep_alive_seconds}",
      "--worker-tmp-dir=/tmp", # the root file system is read-only
      "--no-control-socket",
    ]
    environment = merge(local._environment, local._app_database_environment, {
      TASK_ROLE          = "web"
      DATABASE_POOL_SIZE = tostring(var.web.threads)
    })
    secrets              = local._secrets
    port                 = local.port
    stop_timeout_seconds = local.timeouts.web_stop_seconds
  }
  size = { cpu = var.web.cpu, memory = var.web.memory, architecture = "ARM64" }
  replicas = {
    desired   = var.web.min
    spot      = var.web.spot
    rebalance = true
  }
  load_balancer = {
    target_group_arn  = module.load_balancer.target_group_arn
    security_group_id = module.load_balancer.security_group_id
    grace_seconds     = 60
  }
  permissions = concat(local._permissions.database, local._permissions.media, local._permissions.publish)
  logs        = local._logs
  alarms = {
    topic_arn            = module.observability.topic_arn
    rollback_alarm_names = module.load_balancer.rollback_alarm_names
  }
}

module "web_autoscaling" {
  source = "../modules/autoscaling"

  name         = "${local.name}-web"
  cluster_name = module.cluster.name
  service_name = module.web.service_name
  min          = var.web.min
  max          = var.web.max
  cpu_percent  = var.web.cpu_percent
  requests_per_target = {
    target         = var.web.requests_per_target
    resource_label = "${module.load_balancer.arn_suffix}/${module.load_balancer.target_group_arn_suffix}"
  }
  schedule = var.web.schedule
}

module "queue" {
  source = "../modules/queue"
  count  = local._queue ? 1 : 0

  name    = local.name
  account = local.account
  # Six times what one job may take: a message is not seen again while a retry of its receipt may still be running (AWS's
  # own advice for consumers with a hard time limit).
  visibility_timeout_seconds = 6 * var.worker.time_limit_seconds
  max_receives               = 5
  retention_seconds          = 4 * 24 * 3600
  max_age_seconds            = 6 * var.worker.time_limit_seconds
  kms_key_arn                = module.encryption.key_arn
  alarm_topic_arn            = module.observability.topic_arn
}

module "worker" {
  source = "../modules/service"
  count  = local._queue ? 1 : 0

  name    = local.name
  role    = "worker"
  account = local.account
  cluster = local._cluster
  network = local._network
  container = {
    image   = var.image
    command = ["celery", "--app=config", "worker", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
    environment = merge(local._environment, local._app_database_environment, {
      TASK_ROLE          = "worker"
      CELERY_CONCURRENCY = tostring(var.worker.concurrency)
    })
    secrets = local._secrets
    # No load balancer asks a worker, and one whose poll hangs looks alive: it says when it last polled.
    health_check = {
      command              = ["CMD", "python", "-m", "runtime.worker_health"]
      timeout_seconds      = 20 # Python starts slowly beside jobs that use the processor
      start_period_seconds = 120
    }
    stop_timeout_seconds = local.timeouts.worker_stop_seconds
  }
  size = { cpu = var.worker.cpu, memory = var.worker.memory, architecture = "ARM64" }
  replicas = {
    desired   = var.worker.min
    spot      = var.worker.spot
    rebalance = true
  }
  permissions = concat(local._permissions.database, local._permissions.media, local._permissions.consume)
  logs        = local._logs
  alarms      = local._alarms
}

module "worker_autoscaling" {
  source = "../modules/autoscaling"
  count  = local._queue ? 1 : 0

  name         = "${local.name}-worker"
  cluster_name = module.cluster.name
  service_name = module.worker[0].service_name
  min          = var.worker.min
  max          = var.worker.max
  backlog_per_task = {
    queue_name = module.queue[0].name
    messages   = var.worker.messages_per_task
  }
  schedule = var.worker.schedule
}

# The clock of periodic jobs: exactly one, so a deployment stops the old one before it starts the new.
module "beat" {
  source = "../modules/service"
  count  = local._queue ? 1 : 0

  name    = local.name
  role    = "beat"
  account = local.account
  cluster = local._cluster
  network = local._network_without_database # it only sends messages, and an open connection would keep the database awake
  container = {
    image                = var.image
    command              = ["celery", "--app=config", "beat", "--loglevel=INFO", "--schedule=/tmp/celerybeat-schedule", "--pidfile="]
    environment          = merge(local._environment, { TASK_ROLE = "beat" })
    secrets              = local._secrets
    stop_timeout_seconds = 30
  }
  size = { cpu = 256, memory = 512, architecture = "ARM64" }
  replicas = {
    desired                 = 1
    minimum_healthy_percent = 0
    maximum_percent         = 100
    spot                    = var.worker.spot
    rebalance               = false
  }
  permissions = local._permissions.publish
  logs        = local._logs
  alarms      = local._alarms
}

# A release runs this once, before the services: it alone may alter the schema.
module "migrate" {
  source = "../modules/service"

  name    = local.name
  role    = "migrate"
  account = local.account
  cluster = local._cluster
  network = local._network
  container = {
    image   = var.image
    command = ["python", "manage.py", "release"]
    environment = merge(local._environment, local._database_environment, {
      TASK_ROLE              = "migrate"
      DATABASE_SECRET_ID     = module.database.master_secret_arn
      DATABASE_APP_SECRET_ID = module.secrets.secrets["database-app"].arn
    })
    secrets              = local._secrets
    stop_timeout_seconds = 120
  }
  size        = { cpu = 512, memory = 1024, architecture = "ARM64" }
  permissions = concat(local._permissions.database, local._permissions.migrate)
  logs        = local._logs
  alarms      = local._alarms
}

locals {
  _tasks = { web = module.web, worker = one(module.worker[*]), beat = one(module.beat[*]), migrate = module.migrate }

  tasks = { for role, task in local._tasks : role => {
    family             = task.task_definition_family
    arn                = task.task_definition_arn
    service            = task.service_name
    security_group_id  = task.security_group_id
    log_group          = task.log_group_name
    task_role_arn      = task.task_role_arn
    execution_role_arn = task.execution_role_arn
    container          = task.container
  } if task != null }

  # A deployment starts the new tasks beside the old ones: at worst twice the maximum. Ten are a migration's and people's.
  connections_at_most = 2 * (var.web.max * local._web_connections + try(var.worker.max, 0) * local._worker_connections)
}
