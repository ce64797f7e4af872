"""The role that the app connects as: it reads and writes rows, and can't alter the schema."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from runtime.postgresql.credentials import Credentials

# No request outlives gunicorn's 30 s, and whoever forgets a transaction must not hold its locks for good.
_LIMITS = {"statement_timeout": "25s", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "60s"}


class SameRoleError(Exception):
    """The app would be the migrator; the text is one sentence that says what to change."""


def ensure_app_role(connection: psycopg.Connection[Any], app: Credentials, schema: str = "public") -> bool:
    """Make the app's role, or give it its password and its rights anew; say whether it is new.

    The connection is the migrator's, who owns the tables, and in autocommit or a transaction of the caller's.
    """
    migrator = connection.info.user
    if app.username == migrator:
        raise SameRoleError(
            f"The app's secret names {migrator}, the role that alters the schema: give it a name of its own."
        )
    role = sql.Identifier(app.username)
    # Hashed here, so that no password is in the server's logs.
    password = connection.pgconn.encrypt_password(
        app.password.encode(), app.username.encode(), b"scram-sha-256"
    ).decode()
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [app.username]).fetchone()
    verb = sql.SQL("ALTER" if found else "CREATE")
    connection.execute(sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, role, sql.Literal(password)))
    for name, value in _LIMITS.items():
        connection.execute(
            sql.SQL("ALTER ROLE {} SET {} = {}").format(role, sql.Identifier(name), sql.Literal(value))
        )

    names = {
        "role": role,
        "schema": sql.Identifier(schema),
        "database": sql.Identifier(connection.info.dbname),
    }
    for statement in (
        "GRANT CONNECT ON DATABASE {database} TO {role}",
        "REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC",
        "REVOKE CREATE ON SCHEMA {schema} FROM {role}",
        "GRANT USAGE ON SCHEMA {schema} TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
        # What later migrations make is the app's to use from the moment it exists.
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",  # noqa: E501
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role}",
        # What was migrated is the migrator's to say.
        "REVOKE INSERT, UPDATE, DELETE ON {schema}.django_migrations FROM {role}",
    ):
        connection.execute(sql.SQL(statement).format(**names))
    return not found
