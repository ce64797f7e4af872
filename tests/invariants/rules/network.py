"""Who can reach whom."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from tests.invariants.queries import Opening, Task, granted, module_of, openings, tasks, ways_out, zones
from tests.invariants.rules.registry import rule
from tests.plans import Planned

_DATABASE_PORT = 5432
_APP_PORT = 8000


@rule
def nothing_is_open_to_the_world_but_the_load_balancer(plan: Planned) -> Iterator[str]:
    """One open port on a database or a task is all that a scanner needs; only the load balancer is built to be met."""
    balancers = {group for lb in plan.of("aws_lb").values() for group in plan.addresses(lb["security_groups"])}
    private = [ipaddress.ip_network(vpc["cidr_block"]) for vpc in plan.of("aws_vpc").values()]
    for opening in openings(plan):
        if opening.inward and _is_outside(opening.other, private):
            public = opening.group in balancers and opening.ports in ((80, 80), (443, 443))
            if not public:
                yield f"{opening.address} lets {opening.other} in at ports {opening.ports}"
    for address, group in plan.of("aws_security_group", "aws_default_security_group").items():
        if group.get("ingress") or (group.get("egress") and "default" in address):
            yield f"{address} has rules of its own, beside the rules that are judged here"
    for address in plan.of("aws_security_group_rule"):
        yield f"{address} is of a kind that is not judged here"


@rule
def nothing_has_a_public_address_of_its_own(plan: Planned) -> Iterator[str]:
    """What has a public address is one wrong rule away from the world; the load balancer and NAT gateways are enough."""
    for address, subnet in plan.of("aws_subnet").items():
        if subnet.get("map_public_ip_on_launch"):
            yield f"{address} gives what starts in it a public address"
    for address, service in plan.of("aws_ecs_service").items():
        if any(network["assign_public_ip"] for network in service["network_configuration"]):
            yield f"{address} gives its tasks public addresses"
    for address, instance in plan.of("aws_rds_cluster_instance", "aws_db_instance").items():
        if instance.get("publicly_accessible"):
            yield f"{address} is publicly accessible"
    for address in plan.of("aws_eip"):
        if module_of(address) not in {module_of(gateway) for gateway in plan.of("aws_nat_gateway")}:
            yield f"{address} is a public address that no NAT gateway has"


@rule
def who_reaches_whom_is_exactly_the_architecture(plan: Planned) -> Iterator[str]:
    """Internet to load balancer to web to database; worker and migration to the database; tasks to AWS. Nothing else.

    Both sides of a connection need their rule, so each allowed pair must be there in both directions, and every rule
    must be of an allowed pair: a rule too many is an attack's next step, a rule too few a request that hangs.
    """
    actors = _actors(plan)
    roles = {task.role for task in tasks(plan)}
    nat = bool(plan.of("aws_nat_gateway"))
    connections = {("load balancer", "web", _APP_PORT)} if "web" in roles else set()
    connections |= {(role, "database", _DATABASE_PORT) for role in roles & {"web", "worker", "migrate"}}
    if not nat:
        connections |= {(role, "endpoints", 443) for role in roles}
    outward = {(role, "the world", 443) for role in roles} if nat else {(role, "S3", 443) for role in roles}
    inward = {("the world", "load balancer", port) for port in (80, 443)} if "web" in roles else set()
    if not nat and roles:
        inward |= {("the VPC", "endpoints", 443)}

    wanted_out = connections | outward
    wanted_in = {pair for pair in connections if pair[1] != "endpoints"} | inward
    found_out: set[tuple[str, str, int]] = set()
    found_in: set[tuple[str, str, int]] = set()
    for opening in openings(plan):
        group, other = actors.get(opening.group, opening.group), _other(opening, actors)
        low, high = opening.ports
        port = low if low == high else -1
        (found_in if opening.inward else found_out).add(
            (other, group, port) if opening.inward else (group, other, port)
        )
    for source, target, port in sorted(wanted_out - found_out):
        yield f"{source} can't open a connection to {target}:{port}: no rule lets it out"
    for source, target, port in sorted(wanted_in - found_in):
        yield f"{target} does not accept {source} at {port}: no rule lets it in"
    for source, target, port in sorted(found_out - wanted_out):
        yield f"{source} may connect to {target}:{port}, which nothing needs"
    for source, target, port in sorted(found_in - wanted_in):
        yield f"{target} accepts {source} at {port}, which nothing needs"


@rule
def services_run_in_private_subnets_of_two_zones(plan: Planned) -> Iterator[str]:
    """A zone fails now and then; and a task that the internet can route to has only its rules between."""
    for address, service in plan.of("aws_ecs_service").items():
        (network,) = service["network_configuration"]
        if len(zones(plan, network["subnets"])) < 2:
            yield f"{address} runs in fewer than two zones"
        for subnet in plan.addresses(network["subnets"]):
            if "aws_internet_gateway" in ways_out(plan, subnet):
                yield f"{address} runs in {subnet}, which has a route from the internet"
        if not plan.addresses(network["security_groups"]):
            yield f"{address} has no security group"


@rule
def load_balancers_span_two_zones_with_a_route_to_the_internet(plan: Planned) -> Iterator[str]:
    """A load balancer in a subnet without that route answers nobody, and AWS tells it only when it is made."""
    for address, balancer in plan.of("aws_lb").items():
        if len(zones(plan, balancer["subnets"])) < 2:
            yield f"{address} spans fewer than two zones"
        for subnet in plan.addresses(balancer["subnets"]):
            if "aws_internet_gateway" not in ways_out(plan, subnet):
                yield f"{address} is in {subnet}, which has no route to the internet"


@rule
def without_nat_there_is_an_endpoint_for_everything_that_a_task_calls(plan: Planned) -> Iterator[str]:
    """Without a way to the internet a call to a service that has no endpoint hangs until it times out.

    What a task calls is read from the task: its image's registry, its log driver, its secrets, its sessions, and
    what its role may do.
    """
    if plan.of("aws_nat_gateway"):
        return
    endpoints = plan.of("aws_vpc_endpoint")
    present = {str(endpoint["service_name"]).split(".", 3)[-1] for endpoint in endpoints.values()}
    for task in tasks(plan):
        for service, reason in _called(plan, task).items():
            if service not in present:
                yield f"{task.role} calls {service} ({reason}), which has no endpoint"
        private = plan.addresses((task.service or {}).get("network_configuration"))
        for address, endpoint in endpoints.items():
            if endpoint["vpc_endpoint_type"] == "Interface" and not endpoint["private_dns_enabled"]:
                yield f"{address} has no private name, so the SDKs go past it"
            if endpoint["vpc_endpoint_type"] == "Gateway":
                served = set(plan.addresses(endpoint["route_table_ids"]))
                tables = _tables(plan, [item for item in private if ".aws_subnet." in item])
                yield from (f"{table} of {task.role} has no route to {address}" for table in sorted(tables - served))


def _called(plan: Planned, task: Task) -> dict[str, str]:
    """Name the endpoint of each service that a task calls, with the reason."""
    found: dict[str, str] = {}
    if ".dkr.ecr." in str(task.container["image"]):
        found |= {"ecr.api": "its image", "ecr.dkr": "its image", "s3": "the layers of its image"}
    if task.container["logConfiguration"]["logDriver"] == "awslogs":
        found["logs"] = "its log"
    if task.secrets:
        found["secretsmanager"] = "its secrets"
    if task.service is not None and task.service["enable_execute_command"]:
        found["ssmmessages"] = "its sessions"
    for statement in granted(plan, task.definition["task_role_arn"]):
        for action in statement.actions:
            service = action.split(":")[0]
            # KMS is called by the services that hold the data; task protection goes through the agent's own address.
            if statement.allows and service not in ("kms", "ecs"):
                found.setdefault(service, action)
    return found


def _actors(plan: Planned) -> dict[str, str]:
    """Name whom each security group belongs to."""
    found: dict[str, str] = {}
    for balancer in plan.of("aws_lb").values():
        found |= dict.fromkeys(plan.addresses(balancer["security_groups"]), "load balancer")
    for cluster in plan.of("aws_rds_cluster").values():
        found |= dict.fromkeys(plan.addresses(cluster["vpc_security_group_ids"]), "database")
    for endpoint in plan.of("aws_vpc_endpoint").values():
        found |= dict.fromkeys(plan.addresses(endpoint["security_group_ids"]), "endpoints")
        found[_address_of(plan, endpoint)] = str(endpoint["service_name"]).split(".")[-1].upper()
    for task in tasks(plan):
        if task.service is not None:
            (network,) = task.service["network_configuration"]
            found |= dict.fromkeys(plan.addresses(network["security_groups"]), task.role)
        else:  # a release passes the group of the same module when it starts the task
            groups = [group for group in plan.of("aws_security_group") if module_of(group) == module_of(task.address)]
            found |= dict.fromkeys(groups, task.role)
    return found


def _address_of(plan: Planned, values: object) -> str:
    return next(address for address, other in plan.resources.items() if other is values)


def _other(opening: Opening, actors: dict[str, str]) -> str:
    if opening.other in actors:
        return actors[opening.other]
    if opening.other.endswith("/0"):
        return "the world"
    return "the VPC" if opening.other[0].isdigit() else opening.other


def _is_outside(other: str, private: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        network = ipaddress.ip_network(other)
    except ValueError:
        return ".aws_vpc_endpoint." not in other and ".aws_security_group." not in f".{other}"
    return not any(network.version == known.version and network.subnet_of(known) for known in private)  # type: ignore[arg-type]


def _tables(plan: Planned, subnets: list[str]) -> set[str]:
    return {
        table
        for association in plan.of("aws_route_table_association").values()
        if set(plan.addresses(association["subnet_id"])) & set(subnets)
        for table in plan.addresses(association["route_table_id"])
    }
