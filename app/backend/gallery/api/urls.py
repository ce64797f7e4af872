"""The addresses of pictures."""

from __future__ import annotations

from django.urls import path

from gallery.api import views

urlpatterns = [
    path("", views.PicturesView.as_view(), name="pictures"),
    path("/<uuid:pk>", views.PictureView.as_view(), name="picture"),
    path("/<uuid:pk>/confirm", views.ConfirmationView.as_view(), name="picture-confirm"),
]
