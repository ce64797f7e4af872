"""People with an account."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts and sessions."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the API's description know the session cookie."""
        from accounts import schema  # noqa: F401 - importing it registers it
