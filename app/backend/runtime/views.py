"""Answers that belong to no app: health, errors, the page to look at while the database wakes up."""

from __future__ import annotations

import logging
import sys

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.defaults import server_error as django_server_error

from runtime.postgresql.outage import is_outage

_log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 5
_WAKING_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5">
<title>Waking up</title>
<h1>The gallery is waking up</h1>
<p>Nobody was here for a while, so its database went to sleep. This page tries again by itself; it takes about
half a minute.</p>
</html>
"""


def waking(request: HttpRequest) -> HttpResponse:
    """Answer 503 in the caller's language: nothing was done, and trying again in a moment helps."""
    sentence = "The database is waking up; try again in a moment."
    response = (
        HttpResponse(_WAKING_PAGE, status=503)
        if request.accepts("text/html") and not request.path.startswith("/api/")
        else JsonResponse({"detail": sentence}, status=503)
    )
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response.headers["Cache-Control"] = "no-store"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for an exception that no view could answer for, such as one in a middleware."""
    error = sys.exception() if sys.version_info >= (3, 12) else sys.exc_info()[1]
    if error is not None and is_outage(error):
        return waking(request)
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": "Something went wrong on our side."}, status=500)
    return django_server_error(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a request whose CSRF token is missing or old; the site gets a new one and tries once more."""
    return JsonResponse({"detail": f"CSRF Failed: {reason}"}, status=403)


def index(request: HttpRequest) -> HttpResponse:
    """Send people who open the API's own address to the site."""
    return HttpResponseRedirect(settings.SITE_ORIGIN + "/")


@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Check what a web task needs and say what is missing; for people, not for the load balancer."""
    checks = {"database": _database(), "media": _media()}
    return JsonResponse(checks, status=200 if set(checks.values()) == {"ok"} else 503)


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        _log.warning("Not ready, the database: %s", error)
        return "away"
    return f"{len(missing)} migrations to apply" if missing else "ok"


def _media() -> str:
    try:
        default_storage.connection.meta.client.head_bucket(Bucket=settings.MEDIA_BUCKET)  # type: ignore[attr-defined]
    except (BotoCoreError, ClientError) as error:
        _log.warning("Not ready, the media bucket: %s", error)
        return "away"
    return "ok"
