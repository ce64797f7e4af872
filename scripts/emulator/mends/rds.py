"""Amazon RDS and Aurora."""

from __future__ import annotations

from typing import Any

from scripts.emulator.mends.mend import mend, wrap_on


@mend(
    "rds",
    reason="A cluster without the scaling of Serverless v1 answers an empty one, which Terraform reads as a change.",
)
def no_empty_scaling_info() -> None:
    """Answer the scaling configuration of Serverless v1 only where there is one."""
    from moto.rds.models import DBCluster

    moto = DBCluster.scaling_configuration_info.fget
    assert moto is not None

    def scaling_configuration_info(self: Any) -> Any:
        return moto(self) if self.scaling_configuration else None

    DBCluster.scaling_configuration_info = property(scaling_configuration_info)  # type: ignore[assignment,method-assign]  # a property over a property


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


@mend("rds", reason="Parameters that were set do not say that a user set them; Terraform looks only at those.")
def parameter_source() -> None:
    """Say that a user set a parameter."""
    from moto.rds.models import DBParameterGroup

    @wrap_on(DBParameterGroup)
    def update_parameters(moto: Any, self: Any, new_parameters: Any) -> None:
        moto(self, [dict(parameter, Source="user") for parameter in new_parameters])
