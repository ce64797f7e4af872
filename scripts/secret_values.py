"""Give secrets their values: Terraform makes them empty, so that no value is ever in a plan or a state."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from scripts.errors import UsageError

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

_DJANGO_KEY_LENGTH = 64
_PASSWORD_LENGTH = 40
_LETTERS = string.ascii_letters + string.digits


def _django_secret_key() -> str:
    return _random(_DJANGO_KEY_LENGTH)


def _database_app() -> str:
    return json.dumps({"username": "app", "password": _random(_PASSWORD_LENGTH)})


_GENERATORS: Mapping[str, Callable[[], str]] = {
    "django-secret-key": _django_secret_key,
    "database-app": _database_app,
}


def generate_missing(client: SecretsManagerClient, declared: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Give each declared secret that the project generates a value if it has none; return the keys that got one.

    `declared` is the stack's output `secrets`: key → {arn, generated}. A value that exists is never touched.
    """
    made = []
    for key, secret in sorted(declared.items()):
        if not secret["generated"] or has_value(client, secret["arn"]):
            continue
        client.put_secret_value(SecretId=secret["arn"], SecretString=_GENERATORS[key]())
        made.append(key)
    return made


def without_value(client: SecretsManagerClient, declared: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """List the keys of the declared secrets that have no value yet."""
    return [key for key, secret in sorted(declared.items()) if not has_value(client, secret["arn"])]


def put(client: SecretsManagerClient, declared: Mapping[str, Mapping[str, Any]], key: str, value: str) -> None:
    """Give one secret a value; raise UsageError, with the keys there are, for one that is not declared."""
    if key not in declared:
        raise UsageError(
            f"There is no secret {key!r} here; the environment's root declares: {', '.join(sorted(declared))}."
        )
    if not value:
        raise UsageError(
            f"The value for {key} is empty: give it on standard input, as in `pass show it | invoke secrets.set …`."
        )
    client.put_secret_value(SecretId=declared[key]["arn"], SecretString=value)


def has_value(client: SecretsManagerClient, arn: str) -> bool:
    """Say whether a secret has a current value, without reading it."""
    versions = client.describe_secret(SecretId=arn).get("VersionIdsToStages", {})
    return any("AWSCURRENT" in stages for stages in versions.values())


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))
