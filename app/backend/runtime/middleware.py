"""What happens to every request before and after the view, in the order of settings.MIDDLEWARE."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from runtime import context
from runtime.postgresql.outage import is_outage
from runtime.views import waking

GetResponse: TypeAlias = Callable[[HttpRequest], HttpResponseBase]

_log = logging.getLogger("gallery.request")


def health(get_response: GetResponse) -> GetResponse:
    """Answer /healthz without touching anything: a slow database is no reason to kill tasks."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info == "/healthz":
            return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})
        return get_response(request)

    return middleware


def request_context(get_response: GetResponse) -> GetResponse:
    """Give each request an id, hand it back to the caller, and log one line when it is answered."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        # The load balancer adds the second to each request and to its own log.
        claimed = request.headers.get("X-Request-ID") or request.headers.get("X-Amzn-Trace-Id")
        token = context.request_id.set(context.accept_or_make(claimed))
        started = time.perf_counter()
        try:
            response = get_response(request)
            response.headers["X-Request-ID"] = context.request_id.get() or ""
            _log.info(
                "%s %s %d",
                request.method,
                request.path,
                response.status_code,
                extra={
                    "method": request.method,
                    "path": request.path,
                    "status": response.status_code,
                    "milliseconds": round((time.perf_counter() - started) * 1000, 1),
                },
            )
            return response
        finally:
            context.request_id.reset(token)

    return middleware


def content_security_policy(get_response: GetResponse) -> GetResponse:
    """Let pages load scripts, styles and pictures from the static files' origin, and be framed by nobody."""
    parts = urlsplit(settings.STATIC_URL)
    assets = f"{parts.scheme}://{parts.netloc}" if parts.netloc else "'self'"
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {assets}{' ' + chr(39) + 'self' + chr(39) if parts.netloc else ''}",
            f"style-src {assets}",
            f"img-src {assets} data:",
            f"font-src {assets}",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return middleware


class Waking:
    """Turn "the database can't be reached" into 503 with Retry-After: it resumes within half a minute."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a view that met a database which is away; server_error does so for middleware."""
        if not is_outage(exception):
            return None
        _log.warning("The database is away: %s", exception)
        return waking(request)
