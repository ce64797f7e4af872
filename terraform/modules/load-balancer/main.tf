resource "aws_lb" "this" {
  name                       = var.name
  load_balancer_type         = "application"
  internal                   = false
  security_groups            = [aws_security_group.this.id]
  subnets                    = var.subnet_ids
  idle_timeout               = var.idle_timeout_seconds
  enable_deletion_protection = var.deletion_protection
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "defensive"

  dynamic "access_logs" {
    for_each = var.log_bucket == null ? [] : [var.log_bucket]

    content {
      bucket  = access_logs.value
      prefix  = "load-balancer" # the only prefix that the bucket's policy lets load balancers write under
      enabled = true
    }
  }
}

resource "aws_lb_target_group" "this" {
  name                          = "${var.name}-${var.target.port}" # a new port is a new group beside the old one
  vpc_id                        = var.vpc_id
  target_type                   = "ip"
  port                          = var.target.port
  protocol                      = "HTTP"
  deregistration_delay          = var.target.deregistration_delay_seconds
  load_balancing_algorithm_type = "least_outstanding_requests" # a new or slow task gets fewer requests, not its equal share

  health_check {
    path                = var.target.health_check_path
    matcher             = "200"
    interval            = var.target.health_check_interval_seconds
    timeout             = var.target.health_check_timeout_seconds
    healthy_threshold   = var.target.healthy_threshold
    unhealthy_threshold = var.target.unhealthy_threshold
  }

  lifecycle {
    create_before_destroy = true # a group that a listener forwards to can't be deleted
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "redirect"

    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
}
