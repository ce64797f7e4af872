"""HTTP for the embedded AWS: connections stay open, and an answer goes out in one piece.

Werkzeug's server closes each connection after its answer. The SDK then sometimes finds an answer cut off, repeats the
request, and a delete that had succeeded is "not found" the second time.
"""

from __future__ import annotations

import sys
import traceback
from http import HTTPStatus
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler

_WITHOUT_BODY = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


class Handler(MotoRequestHandler):
    """Answer the requests of one connection, one after another, until the client closes it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Answer one request; the application has read its whole body."""
        seen: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> Any:
            seen.update(status=status, headers=headers)

        try:
            body = b"".join(self.server.app(self.make_environ(), start))
        except Exception:  # noqa: BLE001 - the client must hear of it, whatever it is
            traceback.print_exc(file=sys.stderr)
            seen.update(status="500 Internal Server Error", headers=[])
            body = b""
            self.close_connection = True
        self._send(seen["status"], seen["headers"], body)

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, reason = status.partition(" ")
        bodiless = self.command == "HEAD" or int(code) in _WITHOUT_BODY
        self.send_response(int(code), reason)
        for name, value in headers:
            # What a HEAD says of the length is the object's; otherwise what is sent counts.
            if name.lower() not in {"connection", "transfer-encoding"} and (
                bodiless or name.lower() != "content-length"
            ):
                self.send_header(name, value)
        if not bodiless:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self._headers_buffer.append(b"\r\n")
        if not bodiless:
            self._headers_buffer.append(body)
        self.flush_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the journal has it."""
