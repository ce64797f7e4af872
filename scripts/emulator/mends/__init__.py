"""Every gap of moto that the stack meets, mended: one module per AWS service, listed in `MENDS`."""

from __future__ import annotations

from scripts.emulator.mends import (
    autoscaling,
    backup,
    budgets,
    cloudfront,
    cloudtrail,
    cloudwatch,
    codebuild,
    codepipeline,
    connections,
    ec2,
    ecr,
    ecs,
    kms,
    logs,
    notifications,
    rds,
    route53,
    s3,
    sqs,
)
from scripts.emulator.mends.mend import Mend

_MODULES = (
    autoscaling,
    backup,
    budgets,
    cloudfront,
    cloudtrail,
    cloudwatch,
    codebuild,
    codepipeline,
    connections,
    ec2,
    ecr,
    ecs,
    kms,
    logs,
    notifications,
    rds,
    route53,
    s3,
    sqs,
)

MENDS: tuple[Mend, ...] = tuple(
    value for module in _MODULES for value in vars(module).values() if isinstance(value, Mend)
)
"""All mends, in the order in which they are applied."""


def apply_all() -> None:
    """Mend the moto of this process; once, before it serves."""
    for mend in MENDS:
        mend.apply()
