"""`manage.py release`: what the migrate task runs once, before a release's services start."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection, transaction

from runtime.postgresql.base import credentials
from runtime.postgresql.credentials import CredentialsUnreadableError
from runtime.postgresql.outage import is_outage
from runtime.postgresql.roles import SameRoleError, ensure_app_role

# Any number, as long as it is always the same one.
_LOCK: Final = 0x6761_6C6C_6572_79
_PATIENCE_SECONDS: Final = 300
_WAKING_SECONDS: Final = 120


class Command(BaseCommand):
    """Migrate the schema, and give the app's role its password and its rights."""

    help = "Migrate the schema, and give the app's role its password and its rights. Safe to repeat."
    # The checks may look at tables that are not there yet.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Do both under a lock, so that two releases at once follow each other."""
        if settings.DATABASE_APP_SECRET_ID is None:
            raise CommandError(
                "A release needs DATABASE_APP_SECRET_ID, the migrate task's own: set TASK_ROLE=migrate."
            )
        try:
            app = credentials(settings.DATABASE_APP_SECRET_ID).current()
            self._wait_for_database()
            with _alone():
                call_command("migrate", interactive=False, verbosity=1)
                with transaction.atomic():
                    is_new = ensure_app_role(connection.connection, app)
        except (CredentialsUnreadableError, SameRoleError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"The role {app.username} was {'made' if is_new else 'updated'}; it reads and writes rows only."
        )

    def _wait_for_database(self) -> None:
        # A paused database lets nobody in for half a minute.
        give_up_at = time.monotonic() + _WAKING_SECONDS
        while True:
            try:
                connection.ensure_connection()
            except OperationalError as error:
                if not is_outage(error) or time.monotonic() > give_up_at:
                    raise CommandError(f"The database can't be reached: {str(error).strip()}") from error
                self.stdout.write("Waiting for the database.")
                time.sleep(2)
            else:
                return


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the release's lock, which ends with the connection whatever happens to this process."""
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
            if cursor.fetchone() == (True,):
                break
            if time.monotonic() > give_up_at:
                raise CommandError(
                    f"Another release has been at work for {_PATIENCE_SECONDS} s: see what holds it up."
                )
            time.sleep(1)
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
