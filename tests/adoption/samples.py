"""Django projects as people have them, written into a folder."""

from __future__ import annotations

from pathlib import Path

MANAGE = """
import os, sys
def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
if __name__ == "__main__":
    main()
"""
WSGI = """
import os
from django.core.wsgi import get_wsgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
application = get_wsgi_application()
"""
CELERY = """
import os
from celery import Celery
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
app = Celery("{name}")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
"""
DJANGO = """
INSTALLED_APPS = [
    "django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "django.contrib.staticfiles",
]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""
PLAIN = {
    "manage.py": MANAGE.format(settings="shop.settings"),
    "shop/__init__.py": "",
    "shop/urls.py": "urlpatterns = []\n",
    "shop/wsgi.py": WSGI.format(settings="shop.settings"),
    "shop/settings.py": DJANGO
    + """
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "django-insecure-3x4mpl3"
DEBUG = True
ALLOWED_HOSTS = []
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
STATIC_URL = "static/"
MEDIA_ROOT = BASE_DIR / "media"
""",
    "requirements.txt": "Django==5.2.7\n# a comment\n-r other.txt\ngunicorn[gevent]>=23 ; python_version > '3.8'\n",
}
"""The layout of django-admin startproject, without Celery."""

SPLIT = {
    "manage.py": MANAGE.format(settings="config.settings.local"),
    "config/__init__.py": "from .celery_app import app as celery_app\n__all__ = ('celery_app',)\n",
    "config/celery_app.py": CELERY.format(settings="config.settings.local", name="portal"),
    "config/urls.py": "urlpatterns = []\n",
    "config/wsgi.py": WSGI.format(settings="config.settings.production"),
    "config/settings/__init__.py": "",
    "config/settings/base.py": DJANGO
    + """
import os
class Env:
    def __call__(self, name, default=None):
        return os.environ[name] if default is None else os.environ.get(name, default)
    def db(self, name):
        return {"ENGINE": "django.db.backends.postgresql", "NAME": os.environ[name]}
env = Env()
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DATABASES = {"default": env.db("DATABASE_URL")}
CELERY_BROKER_URL = env("CELERY_BROKER_URL", "redis://:hunter2@localhost/0")
CELERY_RESULT_BACKEND = CELERY_BROKER_URL
STATIC_URL = "/static/"
STATIC_ROOT = "staticfiles"
""",
    "config/settings/local.py": "from .base import *\nSECRET_KEY = 'local-only'\nDEBUG = True\n",
    "config/settings/production.py": """
from .base import *
from .base import env
SECRET_KEY = env("DJANGO_SECRET_KEY")
ALLOWED_HOSTS = [env("DJANGO_ALLOWED_HOSTS", "example.com")]
STRIPE_API_KEY = env("STRIPE_API_KEY", default="")
SENTRY_DSN = os.environ.get("SENTRY_DSN")
ADMIN_PATH = env("ADMIN_PATH", "admin/")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": env("REDIS_URL", "redis://")}}
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
STORAGES = {
    "default": {"BACKEND": "storages.backends.s3.S3Storage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
""",
    "requirements/base.txt": "django==5.2.7\ncelery==5.6.0\npsycopg[c]==3.2\ndjango-storages[s3]==1.14\nboto3==1.40\n",
    "requirements/production.txt": "-r base.txt\ngunicorn==23.0\n",
    "requirements/local.txt": "-r base.txt\nwerkzeug==3\n",
}
"""The layout of cookiecutter-django: split settings, Celery, packages by environment."""

POETRY = {
    "pyproject.toml": """
[tool.poetry.dependencies]
python = "^3.11"
Django = "^4.2"
psycopg = { version = "^3.2", extras = ["binary"] }
gunicorn = "*"
""",
    "src/manage.py": MANAGE.format(settings="site_.settings"),
    "src/site_/__init__.py": "",
    "src/site_/wsgi.py": WSGI.format(settings="site_.settings"),
    "src/site_/settings.py": "from decouple import config\nSECRET_KEY = config('SECRET_KEY')\n"
    "import dj_database_url\nDATABASES = {'default': dj_database_url.config()}\n",
}
"""Poetry, a src folder, python-decouple, a database by URL."""


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
