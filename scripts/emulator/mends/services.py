"""The services that moto does not have at all, built on moto's own parsing and answering."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ADDED: dict[str, WSGIApplication] = {}
"""Signing name of a service to what answers it; filled by the mends."""


def serve(signing_name: str, response_class: Any) -> None:
    """Answer a service by a subclass of moto's BaseResponse, as moto's own router would."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        from moto.moto_server.werkzeug_app import BackendRequest
        from werkzeug.wrappers import Response

        request = BackendRequest(environ)
        status, headers, body = response_class.dispatch(request, request.raw_url, dict(request.headers))
        return Response(body, status, headers)(environ, start_response)

    ADDED[signing_name] = application
