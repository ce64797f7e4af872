locals {
  _target = {
    service_namespace  = "ecs"
    scalable_dimension = "ecs:service:DesiredCount"
    resource_id        = "service/${var.cluster_name}/${var.service_name}"
  }
}

# A schedule changes these limits in AWS. Between its times a plan therefore shows them on their way back: applying it
# in the night wakes the service until the schedule's next time. Ignoring the limits instead would hide every change
# that somebody makes to them here.
resource "aws_appautoscaling_target" "this" {
  service_namespace  = local._target.service_namespace
  scalable_dimension = local._target.scalable_dimension
  resource_id        = local._target.resource_id
  min_capacity       = var.min
  max_capacity       = var.max
}
