"""The backend itself: `ENGINE = "runtime.postgresql"`, with `SECRET_ID` in place of USER and PASSWORD."""

from __future__ import annotations

import functools
import logging
import os
from typing import Any

import boto3
import psycopg
from botocore.config import Config
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.postgresql import base

from runtime.postgresql.credentials import CredentialsUnreadableError, SecretCredentials

_log = logging.getLogger(__name__)

# libpq gives no SQLSTATE for a connection that was never made, so this is the server's text; RDS speaks
# English whatever the client's locale.
_REFUSED = "password authentication failed"


@functools.cache
def credentials(secret_id: str) -> SecretCredentials:
    """Give the process's one reader of a secret."""
    client = boto3.client(
        "secretsmanager",
        region_name=settings.AWS_REGION,
        config=Config(
            connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"}
        ),
    )
    return SecretCredentials(client, secret_id)


class Connection(psycopg.Connection[Any]):
    """A connection that finds its credentials itself: those that worked last, else what a rotation left."""

    @classmethod
    def connect(cls, conninfo: str = "", *, secret_id: str, **parameters: Any) -> Connection:  # type: ignore[override]
        """Connect as the secret says; raise psycopg.OperationalError as psycopg does."""
        source = credentials(secret_id)
        try:
            first = source.current()
            try:
                return super().connect(conninfo, user=first.username, password=first.password, **parameters)
            except psycopg.OperationalError as error:
                if _REFUSED not in str(error):
                    raise
                refusal = error
            for other in source.others(first):
                try:
                    connection = super().connect(
                        conninfo, user=other.username, password=other.password, **parameters
                    )
                except psycopg.OperationalError as error:
                    if _REFUSED not in str(error):
                        raise
                    continue
                source.keep(other)
                _log.info("The database's credentials were rotated; the ones that work now are in use.")
                return connection
        except CredentialsUnreadableError as error:
            # The pool and Django know what to do with a connection that can't be made.
            raise psycopg.OperationalError(str(error)) from error
        raise refusal


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's PostgreSQL backend with credentials from Secrets Manager."""

    def __init__(self, settings_dict: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        if not settings_dict.get("SECRET_ID"):
            raise ImproperlyConfigured(
                "DATABASES needs SECRET_ID: the secret that holds the username and the password."
            )
        pool = settings_dict["OPTIONS"].get("pool")
        if pool:
            pool["connection_class"] = Connection
        super().__init__(settings_dict, *args, **kwargs)

    def get_connection_params(self) -> dict[str, Any]:
        """Give the parameters of a connection: the secret in place of a user and a password."""
        return {**super().get_connection_params(), "secret_id": self.settings_dict["SECRET_ID"]}

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        """Make a connection, or take one of the pool's."""
        if self.pool:
            pooled: psycopg.Connection[Any] = super().get_new_connection(conn_params)
            return pooled
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        return Connection.connect(**conn_params)


def _forget_pools() -> None:
    # A pool's threads don't survive a fork, and its connections belong to the parent.
    DatabaseWrapper._connection_pools.clear()  # type: ignore[attr-defined]  # noqa: SLF001 - no public way


os.register_at_fork(after_in_child=_forget_pools)
