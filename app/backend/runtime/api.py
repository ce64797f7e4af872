"""What every API view does alike."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from kombu.exceptions import OperationalError as QueueError
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from runtime.views import RETRY_AFTER_SECONDS

_log = logging.getLogger(__name__)


def answer_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer for an exception in an API view; None leaves it to Django."""
    if isinstance(error, QueueError):
        # What was asked for is in the database, and asking again publishes the job: nothing is lost.
        _log.error("A job could not be published: %s", error)
        return Response(
            {"detail": "The queue can't be reached; try again in a moment."},
            status=503,
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )
    return exception_handler(error, context)


class WhatThereIs(DefaultContentNegotiation):
    """Give JSON to who asks for something else, such as a browser's address bar, and not 406."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Choose what was asked for, or else the first there is."""
        try:
            chosen: tuple[BaseRenderer, str] = super().select_renderer(request, renderers, format_suffix)
        except NotAcceptable:
            first = next(iter(renderers))
            return first, first.media_type or "application/json"
        return chosen
