"""How this run reaches AWS for an environment: the embedded one, the real one with the operator's credentials, or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.errors import OperatorError

if TYPE_CHECKING:
    import boto3

_CREDENTIAL_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_EC2_VENDOR = Path("/sys/devices/virtual/dmi/id/sys_vendor")


class NoCredentialsError(OperatorError):
    """Report that an operation needs an AWS account and none is at hand."""

    exit_code = 4


class Kind(StrEnum):
    """Which AWS answers."""

    EMULATED = "emulated"
    AWS = "aws"
    OFFLINE = "offline"


@dataclass(frozen=True, kw_only=True)
class Access:
    """Which AWS answers, and the variables with which a process reaches it (None removes one)."""

    kind: Kind
    variables: Mapping[str, str | None] = field(default_factory=dict)

    def session(self, region: str) -> boto3.Session:
        """Return a boto3 session; raise NoCredentialsError where this run can't reach any AWS."""
        import boto3

        if self.kind is Kind.OFFLINE:
            raise NoCredentialsError("This needs AWS credentials, and none were found.")
        if self.kind is Kind.AWS:
            return boto3.Session(region_name=region)
        return boto3.Session(
            region_name=region,
            aws_access_key_id=self.variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.variables["AWS_SECRET_ACCESS_KEY"],
        )

    @property
    def endpoint(self) -> str | None:
        """Return the address of the embedded AWS, None for the real one."""
        return self.variables.get("AWS_ENDPOINT_URL")


def has_credentials(variables: Mapping[str, str] | None = None, home: Path | None = None) -> bool:
    """Say whether the AWS SDKs would find credentials here, without loading one of them.

    It looks where they look: variables, the shared files, a container's or an EC2 instance's role.
    """
    known = os.environ if variables is None else variables
    if any(known.get(name) for name in _CREDENTIAL_VARIABLES):
        return True
    folder = (Path.home() if home is None else home) / ".aws"
    files = (
        Path(known.get("AWS_SHARED_CREDENTIALS_FILE") or folder / "credentials"),
        Path(known.get("AWS_CONFIG_FILE") or folder / "config"),
    )
    if any(file.is_file() and file.stat().st_size for file in files):
        return True
    try:
        on_ec2 = _EC2_VENDOR.read_text().strip() == "Amazon EC2"
    except OSError:
        return False
    return on_ec2 and known.get("AWS_EC2_METADATA_DISABLED", "").lower() != "true"


OFFLINE = Access(
    kind=Kind.OFFLINE,
    variables={
        "AWS_ACCESS_KEY_ID": "offline",
        "AWS_SECRET_ACCESS_KEY": "offline",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PROFILE": None,
        "AWS_SESSION_TOKEN": None,
        "AWS_ENDPOINT_URL": None,
    },
)
