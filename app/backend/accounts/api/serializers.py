"""The JSON of accounts."""

from __future__ import annotations

from rest_framework import serializers


class CredentialsSerializer(serializers.Serializer[dict[str, str]]):
    """A name and a password."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=128, trim_whitespace=False, style={"input_type": "password"})


class UserSerializer(serializers.Serializer[object]):
    """Who is logged in."""

    username = serializers.CharField()


class SessionSerializer(serializers.Serializer[object]):
    """What the site needs to know when it opens."""

    user = UserSerializer(allow_null=True)
    csrfToken = serializers.CharField(help_text="Send it back as X-CSRFToken with each change.")  # noqa: N815
    signUp = serializers.BooleanField(help_text="Whether visitors may make their own account.")  # noqa: N815
