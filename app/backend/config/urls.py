"""The addresses of everything that Django serves."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from accounts.api import views as accounts
from runtime import views as runtime

_docs = SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="runtime/api_docs.html")

urlpatterns = [
    path("", runtime.index, name="index"),
    path("readyz", runtime.ready, name="ready"),
    path("admin/", admin.site.urls),
    path("api/session", accounts.SessionView.as_view(), name="session"),
    path("api/users", accounts.UsersView.as_view(), name="users"),
    path("api/pictures", include("gallery.api.urls")),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", _docs, name="docs"),
]
handler500 = runtime.server_error
