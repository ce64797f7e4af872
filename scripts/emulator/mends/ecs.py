"""Amazon ECS."""

from __future__ import annotations

from typing import Any

from scripts.emulator.mends.mend import mend, wrap_on

_KEPT = {
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
    "capacityProviderStrategy": "capacity_provider_strategy",
    "deploymentConfiguration": "deployment_configuration",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "enableExecuteCommand": "enable_execute_command",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
    "placementConstraints": "placement_constraints",
    "placementStrategy": "placement_strategy",
}
"""Fields of CreateService that moto drops; its serializer answers every attribute that a service object has."""


@mend(
    "ecs",
    reason="CreateService forgets capacity providers, exec, managed tags, rebalancing, the grace period and the "
    "deployment configuration, so every plan would differ.",
)
def service_fields() -> None:
    """Keep on the service what the request said."""
    from moto.ecs.responses import EC2ContainerServiceResponse

    @wrap_on(EC2ContainerServiceResponse)
    def create_service(moto: Any, self: Any) -> Any:
        answer = moto(self)
        cluster = self._get_param("cluster", "default").split("/")[-1]
        service = self.ecs_backend.services[f"{cluster}:{self._get_param('serviceName')}"]
        for field, attribute in _KEPT.items():
            value = self._get_param(field)
            if value is not None:
                setattr(service, attribute, value)
        if self._get_param("capacityProviderStrategy"):
            service.launch_type = None
        return answer


@mend(
    "ecs",
    reason="A service never gets further than pending, so nobody who waits for a steady state would return.",
)
def running_equals_desired() -> None:
    """Take the desired tasks for running, and the roll-out for complete."""
    from moto.ecs.models import EC2ContainerServiceBackend

    def settle(service: Any) -> None:
        service.running_count, service.pending_count = service.desired_count, 0
        for deployment in service.deployments:
            deployment.update(
                desiredCount=service.desired_count,
                runningCount=service.desired_count,
                pendingCount=0,
                rolloutState="COMPLETED",
                rolloutStateReason=f"ECS deployment {deployment['id']} completed.",
            )

    @wrap_on(EC2ContainerServiceBackend)
    def create_service(moto: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        service = moto(self, *args, **kwargs)
        settle(service)
        return service

    @wrap_on(EC2ContainerServiceBackend)
    def update_service(moto: Any, self: Any, service_properties: dict[str, Any]) -> Any:
        service = moto(self, service_properties)
        settle(service)
        return service


@mend(
    "ecs",
    reason="After UpdateService the primary deployment still names the old task definition, so a release would look "
    "as if it had never started.",
)
def update_names_the_new_task_definition() -> None:
    """Let the primary deployment name the full ARN of what the service was updated to, as a new deployment."""
    from moto.core.utils import utcnow
    from moto.ecs.models import EC2ContainerServiceBackend
    from moto.moto_api._internal import mock_random

    @wrap_on(EC2ContainerServiceBackend)
    def update_service(moto: Any, self: Any, service_properties: dict[str, Any]) -> Any:
        asked = service_properties.get("task_definition")
        service = moto(self, service_properties)
        if asked:
            service.task_definition = self.describe_task_definition(asked).arn
            for deployment in service.deployments:
                if deployment["taskDefinition"] != service.task_definition:
                    now = utcnow()
                    deployment.update(
                        id=f"ecs-svc/{mock_random.randint(0, 32**12)}",
                        taskDefinition=service.task_definition,
                        createdAt=now,
                        updatedAt=now,
                    )
        return service
