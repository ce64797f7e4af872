"""The release: who may do what in the database afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests import machine

pytestmark = pytest.mark.slow


def test_a_release_migrates_and_makes_the_apps_role(released: str, postgres: machine.Postgres) -> None:
    assert "Applying gallery.0001_initial... OK" in released
    assert "The role app was made; it reads and writes rows only." in released
    assert machine.APP["password"] not in released
    with postgres.connect("gallery") as connection:
        found = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = 'app'"
        ).fetchone()
    assert found == (False, False, False)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE gallery_picture ADD COLUMN x int",
        "DROP TABLE gallery_picture",
        "CREATE TABLE x (y int)",
        "TRUNCATE gallery_picture",
        "DELETE FROM django_migrations",
        "CREATE ROLE x",
        "ALTER TABLE gallery_picture OWNER TO app",
        "CREATE SCHEMA x",
    ],
)
def test_the_app_cannot_alter_the_schema(released: str, postgres: machine.Postgres, statement: str) -> None:
    with postgres.connect("gallery", **machine.APP) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_the_app_reads_and_writes_what_migrations_make_later(
    released: str, postgres: machine.Postgres
) -> None:
    with postgres.connect("gallery") as migrator, postgres.connect("gallery", **machine.APP) as app:
        migrator.execute("CREATE TABLE later (id bigserial PRIMARY KEY, name text)")
        try:
            app.execute("INSERT INTO later (name) VALUES ('x')")
            app.execute("UPDATE later SET name = 'y'")
            assert app.execute("SELECT name FROM later").fetchall() == [("y",)]
            app.execute("DELETE FROM later")
        finally:
            migrator.execute("DROP TABLE later")


def test_two_releases_at_once_follow_each_other(
    run: Callable[..., machine.Process], released: str, postgres: machine.Postgres
) -> None:
    from runtime.management.commands.release import _LOCK

    with postgres.connect("gallery") as other:
        other.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        release = run("migrate", "python", "manage.py", "release")
        with pytest.raises(AssertionError):
            release.wait_for("No migrations to apply", seconds=3)
        other.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
        release.wait_for("The role app was updated")
    assert release.end(None) == 0


def test_a_release_refuses_to_let_the_app_be_the_migrator(
    run: Callable[..., machine.Process], released: str
) -> None:
    release = run(
        "migrate", "python", "manage.py", "release", DATABASE_APP_SECRET_ID="gallery-test/database-master"
    )
    assert release.end(None) == 1
    assert "The app's secret names migrator, the role that alters the schema" in release.said()


def test_the_release_is_only_the_migrate_tasks(
    run: Callable[..., machine.Process], aws: Any, postgres: Any
) -> None:
    release = run("web", "python", "manage.py", "release")
    assert release.end(None) == 1
    assert "set TASK_ROLE=migrate" in release.said()
