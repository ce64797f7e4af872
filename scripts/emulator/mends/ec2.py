"""Amazon EC2 and VPC."""

from __future__ import annotations

from typing import Any

from scripts.emulator.mends.mend import mend, wrap_on, wrap_property_on


@mend("ec2", reason="A deleted NAT gateway leaves its network interface behind.")
def nat_interface_goes_with_its_gateway() -> None:
    """Delete the interface with the gateway, as AWS does."""
    from moto.ec2.models import EC2Backend

    @wrap_on(EC2Backend)
    def delete_nat_gateway(moto: Any, self: Any, nat_gateway_id: str) -> Any:
        gateway = moto(self, nat_gateway_id)
        self.enis.pop(gateway._eni.id, None)  # noqa: SLF001 - moto tells it nowhere else
        return gateway


@mend("ec2", reason="A deleted VPC leaves its default network ACL behind.")
def default_acl_goes_with_its_vpc() -> None:
    """Delete the default network ACL with the VPC, as AWS does."""
    from moto.ec2.models import EC2Backend

    @wrap_on(EC2Backend)
    def delete_vpc(moto: Any, self: Any, vpc_id: str) -> Any:
        gone = moto(self, vpc_id)
        for acl in [acl for acl in self.network_acls.values() if acl.vpc_id == vpc_id]:
            del self.network_acls[acl.id]
        return gone


@mend(
    "ec2",
    reason="The description of a rule that names another security group or a prefix list is not told, so every plan "
    "would set it again.",
)
def rule_descriptions() -> None:
    """Keep the description with the rule, whatever the rule names."""
    from moto.ec2.models.security_groups import SecurityGroupRule

    moto = SecurityGroupRule.__init__

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - it stands in for moto's
        moto(self, *args, **kwargs)
        _ec2, _protocol, _group, _from, _to, _range, *named = args
        self.named_description = next((one["Description"] for one in named if one and "Description" in one), None)

    SecurityGroupRule.__init__ = __init__  # type: ignore[method-assign]  # the only place that sees a prefix list's

    @wrap_property_on(SecurityGroupRule)
    def description(told: str | None, self: Any) -> str | None:
        return told or self.named_description
