"""What holds for every request: health, ids, headers, errors."""

from __future__ import annotations

import io
import json
import logging
import logging.config
import subprocess
import sys
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from psycopg import errors

from runtime import context
from tests import conftest, machine


def away(*_: Any, **__: Any) -> None:
    raise OperationalError("couldn't get a connection after 3.00 sec")


def test_health_touches_nothing_and_minds_no_host() -> None:
    """The load balancer asks in plain HTTP, its host the task's IP address; no database is allowed here."""
    answer = Client(headers={"host": "10.0.3.17:8000"}).get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert Client(headers={"host": "10.0.3.17:8000"}).get("/api/pictures").status_code == 400


def test_a_request_keeps_the_callers_id_or_gets_one() -> None:
    assert (
        Client().get("/", headers={"X-Request-ID": "abc-12345678"}).headers["X-Request-ID"] == "abc-12345678"
    )
    trace = "Root=1-67891233-abcdef012345678912345678"
    assert Client().get("/", headers={"X-Amzn-Trace-Id": trace}).headers["X-Request-ID"] == trace
    assert len(Client().get("/", headers={"X-Request-ID": "forged\nline"}).headers["X-Request-ID"]) == 32
    assert context.request_id.get() is None


def test_a_log_line_is_json_with_the_requests_id() -> None:
    written = io.StringIO()
    configuration = settings.LOGGING
    with mock.patch("sys.stderr", written):
        logging.config.dictConfig(configuration)
        Client().get("/", headers={"X-Request-ID": "abc-12345678"})
    logging.config.dictConfig(configuration)
    (line,) = [json.loads(line) for line in written.getvalue().splitlines()]
    assert line.pop("time")
    assert line.pop("milliseconds") >= 0
    assert line == {
        "level": "INFO", "logger": "gallery.request", "message": "GET / 302", "method": "GET", "path": "/",
        "request_id": "abc-12345678", "status": 302,
    }  # fmt: skip


def test_answers_carry_the_security_headers() -> None:
    headers = Client().get("/").headers
    assert "script-src https://static.test 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_only_the_site_may_call_across_origins() -> None:
    with mock.patch("gallery.selectors.listed", side_effect=away):
        ours = Client().get("/api/pictures", headers={"Origin": "http://site.test"})
        theirs = Client().get("/api/pictures", headers={"Origin": "https://evil.test"})
    assert ours.headers["Access-Control-Allow-Origin"] == "http://site.test"
    assert ours.headers["Access-Control-Allow-Credentials"] == "true"
    assert "Retry-After" in ours.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Origin" not in theirs.headers


def test_a_database_that_is_away_is_said_in_the_callers_language() -> None:
    with mock.patch("gallery.selectors.listed", side_effect=away):
        api = Client().get("/api/pictures", headers={"Accept": "text/html"})
    assert (api.status_code, api.headers["Retry-After"]) == (503, "5")
    assert api.json() == {"detail": "The database is waking up; try again in a moment."}
    with mock.patch("django.contrib.admin.sites.AdminSite.has_permission", side_effect=away):
        page = Client().get("/admin/login/", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert b"waking up" in page.content


def test_a_database_that_goes_away_in_a_middleware_is_503_too() -> None:
    with mock.patch(
        "django.contrib.sessions.middleware.SessionMiddleware.process_response", side_effect=away
    ):
        answer = Client(raise_request_exception=False).get("/api/session")
    assert answer.status_code == 503


def test_a_statement_that_the_database_refuses_is_an_error_and_not_an_outage() -> None:
    def deadlock(*_: Any) -> None:
        raise OperationalError("deadlock") from errors.DeadlockDetected("deadlock")

    with mock.patch("gallery.selectors.listed", side_effect=deadlock):
        answer = Client(raise_request_exception=False).get("/api/pictures")
    assert answer.status_code == 500
    assert answer.json() == {"detail": "Something went wrong on our side."}


@pytest.mark.django_db
def test_readiness_names_what_is_missing(aws: Any) -> None:
    assert Client().get("/readyz").json() == {"database": "ok", "media": "ok"}
    with mock.patch("runtime.views.MigrationExecutor", side_effect=away):
        answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"database": "away", "media": "ok"})


def test_the_api_describes_itself_without_a_warning() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=io.StringIO())
    page = Client().get("/api/docs")
    assert page.status_code == 200
    assert b"<style" not in page.content, "the content-security policy forbids it"
    assert b"https://static.test/" in page.content


def test_the_deployment_checks_find_nothing() -> None:
    """With the settings of an environment: https, and no debug pages."""
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=machine.BACKEND,
        env={**conftest.environment("web"), "API_ORIGIN": "https://api.test", "SITE_ORIGIN": "https://test"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_migrations_are_up_to_date() -> None:
    with mock.patch("django.db.migrations.loader.MigrationLoader.check_consistent_history"):
        call_command("makemigrations", check=True, dry_run=True, stdout=io.StringIO())
