"""Django's settings, for every role and every environment: what differs comes through the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from config import contract
from config.contract import Role
from runtime.logs import configuration as _logging

env = contract.start()

BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = env.boolean("DEBUG")
SECRET_KEY = env.text("DJANGO_SECRET_KEY")
LOG_LEVEL = env.text("LOG_LEVEL")
AWS_REGION = env.text("AWS_REGION")
SITE_ORIGIN = env.text("SITE_ORIGIN")
API_ORIGIN = env.text("API_ORIGIN")
ALLOWED_HOSTS = list(env.items("ALLOWED_HOSTS"))
_HTTPS = API_ORIGIN.startswith("https://")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "gallery",
    "runtime",
]
MIDDLEWARE = [
    # The load balancer asks for health by IP address and in plain HTTP: before everything that minds.
    "runtime.middleware.health",
    "runtime.middleware.request_context",
    "runtime.middleware.content_security_policy",
    "django.middleware.security.SecurityMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "runtime.middleware.Waking",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
APPEND_SLASH = False
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = _logging(LOG_LEVEL)

# Database


def _database() -> dict[str, Any]:
    """Give each role the connections it should have: requests share a pool, a job has its own."""
    if "DATABASE_HOST" not in env:
        # Beat only sends messages, and the image is built without a database: any query is a mistake.
        return {"ENGINE": "django.db.backends.dummy"}
    connect_timeout = env.integer("DATABASE_CONNECT_TIMEOUT_SECONDS")
    options: dict[str, Any] = {"connect_timeout": connect_timeout, "application_name": f"gallery-{env.role}"}
    if env.role is Role.WEB:
        options["pool"] = {
            # Nothing stays open without visitors, or Aurora would never pause.
            "min_size": 0,
            "max_size": env.integer("DATABASE_POOL_SIZE"),
            "max_idle": 60,
            # A request waits this long, then says that the database is waking up; the pool keeps trying.
            "timeout": 3,
            # One series of attempts; the next request starts another one without the delays of the last.
            "reconnect_timeout": 5,
            "num_workers": 2,
        }
    if env.role is Role.MIGRATE:
        # A migration that can't get its lock stops the release instead of queueing every request behind it.
        options["options"] = "-c lock_timeout=10s"
    return {
        "ENGINE": "runtime.postgresql",
        "HOST": env.text("DATABASE_HOST"),
        "PORT": env.integer("DATABASE_PORT"),
        "NAME": env.text("DATABASE_NAME"),
        "SECRET_ID": env.text("DATABASE_SECRET_ID"),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


DATABASES = {"default": _database()}
# Only the release has it: the role that it makes for the others.
DATABASE_APP_SECRET_ID = env.text("DATABASE_APP_SECRET_ID") if "DATABASE_APP_SECRET_ID" in env else None

# Accounts and cookies

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
SIGN_UP_ALLOWED = True
# The browser keeps a __Host- cookie only if it is secure, for this host alone and for all of it.
SESSION_COOKIE_NAME = "__Host-session" if _HTTPS else "session"
SESSION_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_NAME = "__Host-csrf" if _HTTPS else "csrf"
CSRF_COOKIE_SECURE = _HTTPS
# The site learns the token from /api/session: at another origin it could not read the cookie anyway.
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = sorted({SITE_ORIGIN, API_ORIGIN})
CSRF_FAILURE_VIEW = "runtime.views.csrf_failure"

# Browsers

# The load balancer ends TLS and says so here; it overwrites what a client sends.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = _HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _HTTPS
SECURE_HSTS_PRELOAD = _HTTPS
X_FRAME_OPTIONS = "DENY"
CORS_ALLOWED_ORIGINS = [SITE_ORIGIN]
CORS_ALLOW_CREDENTIALS = True
CORS_URLS_REGEX = r"^/api/"
CORS_EXPOSE_HEADERS = ["Retry-After", "X-Request-ID"]

# Files

STATIC_URL = env.text("STATIC_URL")
STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_BUCKET = env.text("MEDIA_BUCKET")
STORAGES = {
    # Links to media are signed by gallery.links; this is how the app itself reads and writes.
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": MEDIA_BUCKET,
            "region_name": AWS_REGION,
            "signature_version": "s3v4",
            # A second run of a job writes the same file again.
            "file_overwrite": True,
            # The links are signed for one visitor each, and what they lead to never changes.
            "object_parameters": {"CacheControl": "private, max-age=31536000, immutable"},
        },
    },
    # The manifest of hashed names is in the image, so that a task needs no bucket to start. Under runserver
    # nothing was collected.
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage."
        + ("StaticFilesStorage" if DEBUG else "ManifestStaticFilesStorage"),
    },
}

# API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_RATES": {"credentials": "30/min"},
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "runtime.api.WhatThereIs",
    "EXCEPTION_HANDLER": "runtime.api.answer_exception",
    # X-Forwarded-For ends with what the load balancer saw; anything before that is the client's own claim.
    "NUM_PROXIES": 1,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Picture gallery",
    "DESCRIPTION": "Upload pictures straight to the media bucket; thumbnails and EXIF data follow.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# Jobs

CELERY_QUEUE_URL = env.text("CELERY_QUEUE_URL") if "CELERY_QUEUE_URL" in env else None
CELERY_TIME_LIMIT_SECONDS = (
    env.integer("CELERY_TASK_TIME_LIMIT_SECONDS") if "CELERY_TASK_TIME_LIMIT_SECONDS" in env else None
)
CELERY_CONCURRENCY = env.integer("CELERY_CONCURRENCY") if "CELERY_CONCURRENCY" in env else None
ECS_AGENT_URI = env.text("ECS_AGENT_URI") if "ECS_AGENT_URI" in env else None
