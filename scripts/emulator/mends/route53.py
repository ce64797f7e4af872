"""Amazon Route 53."""

from __future__ import annotations

from typing import Any

from scripts.emulator.mends.mend import mend, wrap_on


@mend("route53", reason="The ids of hosted zones do not begin with Z, which the stack asks of the id of a zone.")
def zone_ids() -> None:
    """Let the id of a new zone begin with Z, as each does on AWS."""
    from moto.route53.models import Route53Backend

    @wrap_on(Route53Backend)
    def create_hosted_zone(moto: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        zone = moto(self, *args, **kwargs)
        del self.zones[zone.resource_id]
        zone.resource_id = f"Z{zone.resource_id[1:]}"
        self.zones[zone.resource_id] = zone
        return zone
