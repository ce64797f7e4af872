locals {
  _load_balancer = ["LoadBalancer", var.dashboard.load_balancer_arn_suffix]
  _targets       = concat(["TargetGroup", var.dashboard.target_group_arn_suffix], local._load_balancer)
  _database      = ["DBClusterIdentifier", var.dashboard.database_id]
  _services = { for role, service in var.dashboard.service_names : role => [
    "ClusterName", var.dashboard.cluster_name, "ServiceName", service,
  ] }
  _queue_name       = var.dashboard.queue_name == null ? [] : [var.dashboard.queue_name]
  _dead_letter_name = var.dashboard.dead_letter_queue_name == null ? [] : [var.dashboard.dead_letter_queue_name]

  # A graph each, in the order in which one looks for a fault: what users see, what serves them, what that stands on.
  # Metrics are in CloudWatch's own form: namespace, name, dimensions, options.
  _graphs = concat(
    [
      {
        title = "Requests and errors a minute"
        stat  = "Sum"
        metrics = [
          concat(["AWS/ApplicationELB", "RequestCount"], local._load_balancer),
          concat(["AWS/ApplicationELB", "HTTPCode_Target_4XX_Count"], local._load_balancer),
          concat(["AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"], local._load_balancer),
          concat(["AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count"], local._load_balancer),
        ]
      },
      {
        title = "Response time (s)"
        stat  = "p95"
        metrics = [for stat in ["p50", "p95", "p99"] :
          concat(["AWS/ApplicationELB", "TargetResponseTime"], local._load_balancer, [{ stat = stat, label = stat }])
        ]
      },
      {
        title = "Targets"
        stat  = "Minimum"
        metrics = [
          concat(["AWS/ApplicationELB", "HealthyHostCount"], local._targets),
          concat(["AWS/ApplicationELB", "UnHealthyHostCount"], local._targets, [{ stat = "Maximum" }]),
        ]
      },
      {
        title   = "Tasks that run"
        stat    = "Average"
        metrics = [for role, service in local._services : concat(["ECS/ContainerInsights", "RunningTaskCount"], service, [{ label = role }])]
      },
      {
        title   = "CPU of the tasks (%)"
        stat    = "Average"
        metrics = [for role, service in local._services : concat(["AWS/ECS", "CPUUtilization"], service, [{ label = role }])]
      },
      {
        title   = "Memory of the tasks (%)"
        stat    = "Maximum"
        metrics = [for role, service in local._services : concat(["AWS/ECS", "MemoryUtilization"], service, [{ label = role }])]
      },
      {
        title = "Capacity of the database (ACU)"
        stat  = "Maximum"
        metrics = [
          concat(["AWS/RDS", "ServerlessDatabaseCapacity"], local._database),
        ]
      },
      {
        title = "Connections to the database"
        stat  = "Maximum"
        metrics = [
          concat(["AWS/RDS", "DatabaseConnections"], local._database),
        ]
      },
    ],
    flatten([for name in local._queue_name : [
      {
        title = "Jobs that wait, and that are worked on"
        stat  = "Maximum"
        metrics = concat(
          [
            ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name, { label = "wait" }],
            ["AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", name, { label = "worked on" }],
          ],
          [for dead in local._dead_letter_name : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", dead, { label = "dead letters" }]],
        )
      },
      {
        title   = "Age of the oldest job (s)"
        stat    = "Maximum"
        metrics = [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", name]]
      },
    ]]),
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name

  # Two graphs side by side on a grid of 24 columns.
  dashboard_body = jsonencode({
    widgets = [for index, graph in local._graphs : {
      type   = "metric"
      x      = 12 * (index % 2)
      y      = 6 * floor(index / 2)
      width  = 12
      height = 6
      properties = {
        region  = var.account.region
        title   = graph.title
        view    = "timeSeries"
        period  = 60
        stat    = graph.stat
        metrics = graph.metrics
      }
    }]
  })
}
