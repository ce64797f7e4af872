"""AWS Backup."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from scripts.emulator.mends.mend import add_to, mend


@mend("backup", reason="ListTags is understood only with a slash at the end of its path; Terraform's SDK sends none.")
def tags_without_trailing_slash() -> None:
    """Read the ARN up to the end of the path."""
    from moto.backup.responses import BackupResponse

    @add_to(BackupResponse)
    def list_tags(self: Any) -> str:
        arn = unquote(self.path.split("/tags/")[-1]).rstrip("/")
        return json.dumps({"Tags": self.backup_backend.list_tags(resource_arn=arn)})
