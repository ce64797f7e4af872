"""Amazon RDS and Aurora."""

from __future__ import annotations

from typing import Any

from scripts.emulator.mends.mend import mend, wrap_on, wrap_property_on


@mend(
    "rds",
    reason="A cluster without the scaling of Serverless v1 answers an empty one, which Terraform reads as a change.",
)
def no_empty_scaling_info() -> None:
    """Answer the scaling configuration of Serverless v1 only where there is one."""
    from moto.rds.models import DBCluster

    @wrap_property_on(DBCluster)
    def scaling_configuration_info(told: Any, self: Any) -> Any:
        return told if self.scaling_configuration else None


@mend("rds", reason="CreateDBInstance forgets whether performance insights are on, and their key and retention.")
def performance_insights() -> None:
    """Keep what the request said of performance insights."""
    from moto.rds.models import RDSBackend

    kept = {
        "enable_performance_insights": "performance_insights_enabled",
        "performance_insights_kms_key_id": "performance_insights_kms_key_id",
        "performance_insights_retention_period": "performance_insights_retention_period",
    }

    @wrap_on(RDSBackend)
    def create_db_instance(moto: Any, self: Any, db_kwargs: dict[str, Any]) -> Any:
        instance = moto(self, db_kwargs)
        for asked, attribute in kept.items():
            if db_kwargs.get(asked) is not None:
                setattr(instance, attribute, db_kwargs[asked])
        return instance


@mend(
    "rds",
    reason="A new instance answers the certificate authority rds-ca-default, so the provider sets the one in use on "
    "AWS, reboots and waits: 130 s more for each instance.",
)
def certificate_authority() -> None:
    """Give a new instance the certificate authority that AWS gives it since 2024."""
    from moto.rds.models import RDSBackend

    @wrap_on(RDSBackend)
    def create_db_instance(moto: Any, self: Any, db_kwargs: dict[str, Any]) -> Any:
        if not db_kwargs.get("ca_certificate_identifier"):
            db_kwargs["ca_certificate_identifier"] = "rds-ca-rsa2048-g1"
        return moto(self, db_kwargs)


@mend("rds", reason="Parameters that were set do not say that a user set them; Terraform looks only at those.")
def parameter_source() -> None:
    """Say that a user set a parameter."""
    from moto.rds.models import DBParameterGroup

    @wrap_on(DBParameterGroup)
    def update_parameters(moto: Any, self: Any, new_parameters: Any) -> None:
        moto(self, [dict(parameter, Source="user") for parameter in new_parameters])
