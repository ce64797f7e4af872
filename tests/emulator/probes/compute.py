"""Services that run, scale and connect: ECS, Application Auto Scaling, VPC."""

from __future__ import annotations

from typing import Any

from tests.emulator.asking import Asking
from tests.emulator.probes.probe import new, probe


def ecs_service(ask: Asking, **options: Any) -> tuple[str, str, str]:
    """Make a service of two tasks; return the cluster, the service and its family."""
    ecs, ec2 = ask.client("ecs"), ask.client("ec2")
    cluster, family = new(), new()
    network = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=network, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(VpcId=network, GroupName=new(), Description="probe")["GroupId"]
    ecs.create_cluster(clusterName=cluster)
    definition = register_task_definition(ask, family)
    ecs.create_service(
        cluster=cluster,
        serviceName="web",
        taskDefinition=definition,
        desiredCount=2,
        networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}},
        **options,
    )
    return cluster, "web", family


def register_task_definition(ask: Asking, family: str) -> str:
    answer = ask.client("ecs").register_task_definition(
        family=family,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "web", "image": "web:1", "essential": True}],
    )
    return str(answer["taskDefinition"]["taskDefinitionArn"])


def described(ask: Asking, cluster: str, service: str) -> Any:
    return ask.client("ecs").describe_services(cluster=cluster, services=[service])["services"][0]


@probe("ecs", "service-fields")
def _(ask: Asking) -> bool:
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]
    cluster, name, _family = ecs_service(
        ask,
        capacityProviderStrategy=strategy,
        enableExecuteCommand=True,
        enableECSManagedTags=True,
        availabilityZoneRebalancing="ENABLED",
        healthCheckGracePeriodSeconds=60,
        deploymentConfiguration={"minimumHealthyPercent": 100, "maximumPercent": 200},
    )
    service = described(ask, cluster, name)
    return (
        service["capacityProviderStrategy"] == strategy
        and service["enableExecuteCommand"] is True
        and service["enableECSManagedTags"] is True
        and service["availabilityZoneRebalancing"] == "ENABLED"
        and service["healthCheckGracePeriodSeconds"] == 60
        and service["deploymentConfiguration"]["maximumPercent"] == 200
        and "launchType" not in service
    )


@probe("ecs", "running-equals-desired")
def _(ask: Asking) -> bool:
    cluster, name, _family = ecs_service(ask, launchType="FARGATE")
    service = described(ask, cluster, name)
    return bool(service["runningCount"] == 2 and service["deployments"][0]["rolloutState"] == "COMPLETED")


@probe("ecs", "update-names-the-new-task-definition")
def _(ask: Asking) -> bool:
    cluster, name, family = ecs_service(ask, launchType="FARGATE")
    before = described(ask, cluster, name)["deployments"][0]["id"]
    definition = register_task_definition(ask, family)
    ask.client("ecs").update_service(cluster=cluster, service=name, taskDefinition=f"{family}:2")
    service = described(ask, cluster, name)
    primary = service["deployments"][0]
    return bool(service["taskDefinition"] == primary["taskDefinition"] == definition and primary["id"] != before)


@probe("ec2", "nat-interface-goes-with-its-gateway")
def _(ask: Asking) -> bool:
    ec2 = ask.client("ec2")
    network = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=network, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    here = [{"Name": "subnet-id", "Values": [subnet]}]
    return not ec2.describe_network_interfaces(Filters=here)["NetworkInterfaces"]


@probe("ec2", "default-acl-goes-with-its-vpc")
def _(ask: Asking) -> bool:
    ec2 = ask.client("ec2")
    network = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.delete_vpc(VpcId=network)
    here = [{"Name": "vpc-id", "Values": [network]}]
    return not ec2.describe_network_acls(Filters=here)["NetworkAcls"]


@probe("ec2", "rule-descriptions")
def _(ask: Asking) -> bool:
    ec2 = ask.client("ec2")
    network = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(VpcId=network, GroupName=new(), Description="probe")["GroupId"]
    tcp = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    permissions = [
        tcp | {"UserIdGroupPairs": [{"GroupId": group, "Description": "a group"}]},
        tcp | {"PrefixListIds": [{"PrefixListId": "pl-12345678", "Description": "a list"}]},
        tcp | {"IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "a range"}]},
    ]
    for permission in permissions:
        ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission])
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    return {rule.get("Description") for rule in rules} >= {"a group", "a list", "a range"}


@probe("application-autoscaling", "scalable-target-tags")
def _(ask: Asking) -> bool:
    cluster, name, _family = ecs_service(ask, launchType="FARGATE")
    scaling = ask.client("application-autoscaling")
    arn = scaling.register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/{cluster}/{name}",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=1,
        MaxCapacity=2,
        Tags={"Project": "gallery"},
    )["ScalableTargetARN"]
    return bool(scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"Project": "gallery"})
