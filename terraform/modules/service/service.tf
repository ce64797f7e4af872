locals {
  # Spot costs about a third. Four of five tasks go there; the fifth stays when Spot has no capacity.
  _capacity_weights = {
    on_demand = { FARGATE = 1 }
    spot      = { FARGATE = 1, FARGATE_SPOT = 4 }
  }
}

resource "aws_ecs_service" "this" {
  count = var.replicas == null ? 0 : 1

  name                               = var.role
  cluster                            = var.cluster.arn
  task_definition                    = aws_ecs_task_definition.this.arn
  desired_count                      = var.replicas.desired
  deployment_minimum_healthy_percent = var.replicas.minimum_healthy_percent
  deployment_maximum_percent         = var.replicas.maximum_percent
  availability_zone_rebalancing      = var.replicas.rebalance ? "ENABLED" : "DISABLED"
  health_check_grace_period_seconds  = one([for balancer in local._load_balancers : balancer.grace_seconds])
  enable_execute_command             = true
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"
  force_new_deployment               = true  # otherwise a change between Spot and on demand replaces the service
  wait_for_steady_state              = false # it takes a rollback by ECS for success; the roll-out judges for itself

  dynamic "capacity_provider_strategy" {
    for_each = local._capacity_weights[var.replicas.spot ? "spot" : "on_demand"]
    content {
      capacity_provider = capacity_provider_strategy.key
      weight            = capacity_provider_strategy.value
    }
  }

  network_configuration {
    subnets          = var.network.subnet_ids
    security_groups  = [aws_security_group.this.id]
    assign_public_ip = false
  }

  dynamic "load_balancer" {
    for_each = local._load_balancers
    content {
      target_group_arn = load_balancer.value.target_group_arn
      container_name   = var.role
      container_port   = var.container.port
    }
  }

  deployment_controller {
    type = "ECS"
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  dynamic "alarms" {
    for_each = length(var.alarms.rollback_alarm_names) == 0 ? [] : [var.alarms.rollback_alarm_names]
    content {
      alarm_names = alarms.value
      enable      = true
      rollback    = true
    }
  }

  lifecycle {
    ignore_changes = [
      task_definition, # a release decides which revision runs; an apply would undo it
      desired_count,   # autoscaling decides how many run; an apply would undo it
    ]
  }

  # Tasks that drain while the service is destroyed still call AWS and the database.
  depends_on = [
    aws_iam_role_policy.execution,
    aws_iam_role_policy.operation,
    aws_iam_role_policy.permission,
    aws_vpc_security_group_egress_rule.database,
    aws_vpc_security_group_egress_rule.endpoints,
    aws_vpc_security_group_egress_rule.internet,
    aws_vpc_security_group_egress_rule.s3,
    aws_vpc_security_group_ingress_rule.load_balancer,
  ]
}
