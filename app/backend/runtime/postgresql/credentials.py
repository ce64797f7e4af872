"""The database's credentials in Secrets Manager, read at connect time and kept until they stop working."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

# What a rotation moves between: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_how.html.
# The database and the secret change one after the other, in either order, and for that moment the password
# that works is the next or the previous one.
_STAGES: Final = ("AWSCURRENT", "AWSPENDING", "AWSPREVIOUS")


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """A role of the database and its password."""

    username: str
    password: str = field(repr=False)


class CredentialsUnreadableError(Exception):
    """The secret can't be read; the text is one sentence that names it and says why."""


class SecretCredentials:
    """One secret's credentials; threads and the connections of a process share it."""

    def __init__(self, client: Any, secret_id: str) -> None:
        self._client = client
        self._secret_id = secret_id
        self._lock = threading.Lock()
        self._known: Credentials | None = None

    def current(self) -> Credentials:
        """Give what worked last, or read the secret's current value the first time."""
        with self._lock:
            if self._known is None:
                self._known = self._read("AWSCURRENT")
            return self._known

    def others(self, refused: Credentials) -> Iterator[Credentials]:
        """Give what else may work after the database refused one, the likeliest first."""
        with self._lock:
            known = self._known
        if known is not None and known != refused:
            # Another thread found them meanwhile.
            yield known
        seen = {refused, known}
        for stage in _STAGES:
            try:
                found = self._read(stage)
            except CredentialsUnreadableError:
                if stage == "AWSCURRENT":
                    raise
                # Outside a rotation there is no such version.
                continue
            if found not in seen:
                seen.add(found)
                yield found

    def keep(self, working: Credentials) -> None:
        """Remember what the database accepted."""
        with self._lock:
            self._known = working

    def _read(self, stage: str) -> Credentials:
        try:
            answer = self._client.get_secret_value(SecretId=self._secret_id, VersionStage=stage)
        except (BotoCoreError, ClientError) as error:
            raise CredentialsUnreadableError(
                f"The secret {self._secret_id} can't be read: {error}"
            ) from error
        try:
            document = json.loads(answer["SecretString"])
            return Credentials(username=document["username"], password=document["password"])
        except (KeyError, TypeError, ValueError):
            raise CredentialsUnreadableError(
                f"The secret {self._secret_id} must hold JSON with username and password, and does not."
            ) from None
