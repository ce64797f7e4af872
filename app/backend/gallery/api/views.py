"""The API of pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gallery import selectors, services
from gallery.api.serializers import (
    AnnouncedSerializer,
    AnnouncementSerializer,
    PictureDetailSerializer,
    PictureSerializer,
)
from gallery.models import Picture

if TYPE_CHECKING:
    from accounts.models import User


class _NewestFirst(CursorPagination):
    """Pages that stay what they were while new pictures arrive."""

    page_size = 24
    ordering = "-created_at"


class PicturesView(generics.ListAPIView[Picture]):
    """All pictures, and new ones."""

    serializer_class = PictureSerializer
    pagination_class = _NewestFirst

    def get_queryset(self) -> QuerySet[Picture]:
        """Select what the visitor may see."""
        return selectors.listed(self.request.user)

    @extend_schema(request=AnnouncementSerializer, responses={201: AnnouncedSerializer})
    def post(self, request: Request) -> Response:
        """Announce a picture; the answer has the form that uploads its file."""
        announcement = AnnouncementSerializer(data=request.data)
        announcement.is_valid(raise_exception=True)
        picture, upload = services.announce(owner=_user(request), **announcement.validated_data)
        answer: dict[str, Any] = {
            "picture": PictureSerializer(picture).data,
            "upload": {"url": upload.url, "fields": upload.fields},
        }
        return Response(answer, status=status.HTTP_201_CREATED)


class PictureView(generics.RetrieveAPIView[Picture]):
    """One picture."""

    serializer_class = PictureDetailSerializer

    def get_queryset(self) -> QuerySet[Picture]:
        """Select what the visitor may see."""
        return selectors.visible(self.request.user)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove one's own picture."""
        services.discard(get_object_or_404(selectors.owned(_user(request), pk)))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ConfirmationView(APIView):
    """The moment a picture's file is in the bucket."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(request=None, responses={202: PictureSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Say that the file of one's own picture is uploaded; it will be developed. It may be said again."""
        picture = get_object_or_404(selectors.owned(_user(request), pk).select_related("owner"))
        return Response(PictureSerializer(services.confirm(picture)).data, status=status.HTTP_202_ACCEPTED)


def _user(request: Request) -> User:
    # The permission classes let nobody else through to a change.
    return cast("User", request.user)
