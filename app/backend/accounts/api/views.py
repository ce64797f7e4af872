"""Log in, log out, sign up, and who am I."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.core.exceptions import ValidationError
from django.middleware.csrf import get_token
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from accounts import services
from accounts.api.serializers import CredentialsSerializer, SessionSerializer


class _CredentialsThrottle(ScopedRateThrottle):
    """Slow down guessing; asking who one is costs nothing."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        return request.method != "POST" or super().allow_request(request, view)


# DRF checks CSRF only for people who are logged in, and logging somebody in as another is an attack too.
@method_decorator([never_cache, csrf_protect], name="dispatch")
class SessionView(APIView):
    """The visitor's session."""

    permission_classes = (AllowAny,)
    throttle_classes = (_CredentialsThrottle,)
    throttle_scope = "credentials"

    @extend_schema(responses=SessionSerializer)
    def get(self, request: Request) -> Response:
        """Say who is logged in, and give the CSRF token that changes need."""
        return Response(_session(request))

    @extend_schema(request=CredentialsSerializer, responses=SessionSerializer)
    def post(self, request: Request) -> Response:
        """Log in."""
        credentials = CredentialsSerializer(data=request.data)
        credentials.is_valid(raise_exception=True)
        user = authenticate(request._request, **credentials.validated_data)  # noqa: SLF001 - DRF has no public name for it
        if user is None:
            raise exceptions.ValidationError({"detail": "That name and password don't go together."})
        login(request._request, user)  # noqa: SLF001
        request.user = user
        return Response(_session(request))

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Log out."""
        logout(request._request)  # noqa: SLF001
        return Response(status=status.HTTP_204_NO_CONTENT)


@method_decorator([never_cache, csrf_protect], name="dispatch")
class UsersView(APIView):
    """New accounts."""

    permission_classes = (AllowAny,)
    throttle_classes = (_CredentialsThrottle,)
    throttle_scope = "credentials"

    @extend_schema(request=CredentialsSerializer, responses={201: SessionSerializer})
    def post(self, request: Request) -> Response:
        """Sign up, and be logged in at once."""
        if not settings.SIGN_UP_ALLOWED:
            raise exceptions.PermissionDenied("New accounts are made by the gallery's team.")
        credentials = CredentialsSerializer(data=request.data)
        credentials.is_valid(raise_exception=True)
        try:
            user = services.sign_up(**credentials.validated_data)
        except ValidationError as error:
            raise serializers.ValidationError(serializers.as_serializer_error(error)) from error
        login(request._request, user)  # noqa: SLF001
        request.user = user
        return Response(_session(request), status=status.HTTP_201_CREATED)


def _session(request: Request) -> dict[str, Any]:
    user = request.user
    return {
        "user": {"username": user.get_username()} if user.is_authenticated else None,
        "csrfToken": get_token(request._request),  # noqa: SLF001
        "signUp": settings.SIGN_UP_ALLOWED,
    }
