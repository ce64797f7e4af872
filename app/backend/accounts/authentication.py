"""How the API knows who asks."""

from __future__ import annotations

from rest_framework import authentication
from rest_framework.request import Request


class SessionAuthentication(authentication.SessionAuthentication):
    """Django's session, checked for CSRF; a stranger is answered 401 and not 403."""

    def authenticate_header(self, request: Request) -> str:
        """Name a scheme that no browser has a dialog for; without one DRF answers 403."""
        return "Session"
