"""The door of the embedded AWS: one request at a time, the added services, the admin routes and the journal."""

from __future__ import annotations

import io
import json
import os
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from scripts.emulator import inventory, seeds
from scripts.emulator.journal import Asked, Journal
from scripts.emulator.mends import services
from scripts.emulator.turn import TURN

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Who is addressed, from the signature of a request: the service's signing name and the region."""

    service: str
    region: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole answer, read to its end."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def code(self) -> int:
        """The number of the status line."""
        return int(self.status.split(" ", 1)[0])


class Front:
    """Answer admin routes itself, added services from the mends, and everything else by moto.

    moto is not thread-safe: under Terraform's parallel calls a create can half-succeed, answer 500, and the retry
    then meets "already exists". So a request holds TURN from its first to its last byte.
    """

    def __init__(self, *, moto: WSGIApplication, journal: Journal, account_id: str, identity: str) -> None:
        self._moto = moto
        self._journal = journal
        self._account_id = account_id
        self._identity = identity

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        came = time.monotonic()
        at = time.time()
        _read_body(environ)
        path = environ["PATH_INFO"]
        if path.startswith("/_emulator/"):
            answer = self._administer(environ, path.removeprefix("/_emulator/"))
        elif path.startswith("/moto-api"):
            answer = _json(HTTPStatus.NOT_FOUND, {"message": "The embedded AWS is reset by stopping and starting it."})
        else:
            scope = _scope(environ.get("HTTP_AUTHORIZATION", ""))
            operation = _operation(environ)
            with TURN:
                waited = time.monotonic() - came
                answer = self._serve_or_say_why(environ, scope, operation)
                TURN.notify_all()
            self._journal.write(
                Asked(
                    at=round(at, 3),
                    service=scope.service,
                    region=scope.region,
                    operation=operation,
                    method=environ["REQUEST_METHOD"],
                    attempt=_attempt(environ),
                    status=answer.code,
                    ms=round((time.monotonic() - came) * 1000),
                    waited_ms=round(waited * 1000),
                )
            )
        start_response(answer.status, answer.headers)
        return [answer.body]

    def _serve_or_say_why(self, environ: WSGIEnvironment, scope: Scope, operation: str) -> Answer:
        """Serve, or answer 501: the SDKs repeat any other 5xx, and half of the request may have been done."""
        content_type = environ.get("CONTENT_TYPE", "")
        try:
            return self._serve(environ, scope)
        except NotImplementedError:
            return _failure(content_type, f"The embedded AWS has no {scope.service} {operation}")
        except Exception as error:  # noqa: BLE001 - moto's defects are answers like others; the log has the traceback
            traceback.print_exc(file=sys.stderr)
            message = f"The embedded AWS failed at {scope.service} {operation}: {type(error).__name__}: {error}"
            return _failure(content_type, message)

    def _serve(self, environ: WSGIEnvironment, scope: Scope) -> Answer:
        return _call(services.ADDED.get(scope.service, self._moto), environ)

    def _administer(self, environ: WSGIEnvironment, route: str) -> Answer:
        """Answer health to anybody, and the rest to whoever knows the identity; health never waits for TURN."""
        if route == "health":
            return _json(HTTPStatus.OK, {"identity": self._identity, "pid": os.getpid()})
        if environ.get("HTTP_X_EMULATOR_IDENTITY") != self._identity:
            return _json(HTTPStatus.FORBIDDEN, {"message": "The identity of this emulator is missing or another's."})
        try:
            with TURN:
                return _json(HTTPStatus.OK, self._admin_route(environ["REQUEST_METHOD"], route, environ))
        except (KeyError, ValueError) as error:
            return _json(HTTPStatus.BAD_REQUEST, {"message": str(error)})

    def _admin_route(self, method: str, route: str, environ: WSGIEnvironment) -> object:
        match (method, route):
            case ("GET", "resources"):
                return {"resources": inventory.existing(self._account_id)}
            case ("POST", "seed"):
                return seeds.plant(self._account_id, json.load(environ["wsgi.input"]))
        raise ValueError(f"There is no {method} {route}")


def _read_body(environ: WSGIEnvironment) -> None:
    """Take the whole body off the wire before the request's turn: a slow sender must not hold up the others."""
    from werkzeug.wsgi import get_input_stream

    body = get_input_stream(environ, max_content_length=None).read()
    environ["wsgi.input"] = io.BytesIO(body)
    if "CONTENT_LENGTH" in environ or body:
        environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.pop("wsgi.input_terminated", None)


def _call(application: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    """Call a WSGI application and read its answer to the end."""
    seen: dict[str, Any] = {}
    written: list[bytes] = []

    def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
        seen.update(status=status, headers=headers)
        return written.append

    parts = application(environ, start)
    try:
        body = b"".join([*written, *parts])
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()
    return Answer(status=seen["status"], headers=seen["headers"], body=body)


def _scope(authorization: str) -> Scope:
    """Read the credential scope of a version-4 signature; S3 is what moto takes an unsigned request for."""
    try:
        credential = authorization.split("Credential=", 1)[1].split(",", 1)[0]
        _key, _day, region, service, _end = credential.split("/")
    except (IndexError, ValueError):
        return Scope(service="s3", region="")
    return Scope(service=service, region=region)


def _operation(environ: WSGIEnvironment) -> str:
    """Name the operation: from its header, its form, its path, or as the path itself for REST services."""
    target: str = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return target.rsplit(".", 1)[-1]
    path: str = environ["PATH_INFO"]
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        form = parse_qs(environ["wsgi.input"].getvalue()[:4000])
        if b"Action" in form:
            return str(form[b"Action"][0], "ascii", "replace")
    # The name of a subresource (?lifecycle) says which operation it is; those of a signature have capitals.
    subresource = environ.get("QUERY_STRING", "").split("&", 1)[0].split("=", 1)[0]
    return path + (f"?{subresource}" if subresource.islower() else "")


def _attempt(environ: WSGIEnvironment) -> int:
    """Tell which try of the client's SDK this is: "attempt=2; max=3"."""
    found = re.search(r"attempt=(\d+)", environ.get("HTTP_AMZ_SDK_REQUEST", ""))
    return int(found[1]) if found else 1


def _failure(content_type: str, message: str) -> Answer:
    if "json" in content_type:
        return _json(HTTPStatus.NOT_IMPLEMENTED, {"__type": "NotImplemented", "message": message})
    error = f"<Error><Code>NotImplemented</Code><Message>{escape(message)}</Message></Error>"
    body = f"<ErrorResponse>{error}<Errors>{error}</Errors></ErrorResponse>".encode()
    status = HTTPStatus.NOT_IMPLEMENTED
    return Answer(status=f"{status.value} {status.phrase}", headers=[("Content-Type", "text/xml")], body=body)


def _json(status: HTTPStatus, document: object) -> Answer:
    body = json.dumps(document).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    return Answer(status=f"{status.value} {status.phrase}", headers=headers, body=body)
