"""What of a foreign project fits the contract between app and stack, what has to change and why, and what its root says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from scripts.adoption.project import Project, Variable
from scripts.adoption.source import Setting

SHIM = "aws_settings"
"""The settings module that `--write` makes: the project's own settings, and over them what the stack injects."""

_POSTGRESQL = ("postgres", "postgis", "psycopg")
_OWN = re.compile(r"^(DATABASE_URL|DATABASE_.*|POSTGRES_.*|DB_.*|(DJANGO_)?SECRET_KEY|(DJANGO_)?DEBUG|(DJANGO_)?ALLOWED_HOSTS"
    r"|(DJANGO_)?AWS_.*|CELERY_.*|BROKER_URL|DJANGO_SETTINGS_MODULE|(DJANGO_)?READ_DOT_ENV_FILE|SITE_ORIGIN|API_ORIGIN"
    r"|(DJANGO_)?STATIC_.*|(DJANGO_)?MEDIA_.*|(DJANGO_)?SECURE_.*|LOG_LEVEL|PORT|WEB_CONCURRENCY|REDIS_URL)$")  # fmt: skip


class Verdict(StrEnum):
    """How a finding stands to the contract."""

    FITS = "fits"
    CHANGE = "change"
    LOOK = "look"
    """A person has to look: reading the source is not enough to tell."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that fits or has to change: what was seen, why it matters, what to do; `shim` if --write does it."""

    verdict: Verdict
    subject: str
    seen: str
    why: str = ""
    do: str = ""
    where: str = ""
    shim: bool = False

    def document(self) -> dict[str, object]:
        """Describe it as data."""
        return {**vars(self), "verdict": self.verdict.value}


def findings(project: Project) -> list[Finding]:
    """Judge a project; the order is that of the work."""
    return [finding for rule in _RULES for finding in rule(project)]


def secrets(project: Project) -> dict[str, str]:
    """Return the project's own secrets by the name of the variable, each with where it is read."""
    return {
        variable.name: variable.where for variable in project.variables if variable.is_secret and not is_own(variable)
    }


def plain_variables(project: Project) -> list[Variable]:
    """Return what the settings read beyond secrets and beyond what the stack injects."""
    return [variable for variable in project.variables if not variable.is_secret and not is_own(variable)]


def is_own(variable: Variable) -> bool:
    """Say whether a variable is about what the stack decides: database, hosts, queue, buckets, secret key."""
    return _OWN.match(variable.name) is not None


def root_values(project: Project) -> str:
    """Return what to put into the environment's root, as HCL; sizes are those to begin with."""
    lines = []
    if project.celery is None:
        lines += ["worker = null # no Celery app: no queue, no workers", ""]
    else:
        lines += [
            "worker = {",
            "  cpu                = 512",
            "  memory             = 1024",
            "  concurrency        = 2",
            "  min                = 0",
            "  max                = 4",
            "  spot               = true",
            "  time_limit_seconds = 300 # the longest job, and some",
            "  messages_per_task  = 20",
            "}",
            "",
        ]
    own = secrets(project)
    if own:
        width = max(map(len, own))
        lines.append("secrets = {")
        lines += [f'  {name:<{width}} = {{ description = "Read in {where}." }}' for name, where in own.items()]
        lines.append("}")
    else:
        lines.append("secrets = {}")
    return "\n".join(lines)


def stack_values(project: Project) -> list[tuple[str, str]]:
    """Return what to change in terraform/stack/services.tf, each as what is there and what to put."""
    changes = [('DJANGO_SETTINGS_MODULE = "config.settings"', f'DJANGO_SETTINGS_MODULE = "{SHIM}"')]
    if project.wsgi and project.wsgi != "config.wsgi:application":
        changes.append(('"config.wsgi:application"', f'"{project.wsgi}"'))
    if project.celery and project.celery.app != "config":
        changes.append(('"--app=config"', f'"--app={project.celery.app}"'))
    return changes


def _entry(project: Project) -> Iterator[Finding]:
    where = str(project.source.module(project.base, project.settings_module) or "")
    yield Finding(
        verdict=Verdict.FITS,
        subject="settings",
        seen=f"{project.settings_module} is what production runs",
        where=where,
    )
    if project.wsgi:
        yield Finding(verdict=Verdict.FITS, subject="WSGI", seen=f"gunicorn can run {project.wsgi}")
    else:
        yield Finding(
            verdict=Verdict.CHANGE,
            subject="WSGI",
            seen="there is no wsgi.py with an `application`",
            why="gunicorn runs a WSGI application; ASGI with Django's ORM served a third of the requests when it was measured",
            do="add one as `django-admin startproject` makes it",
        )


def _database(project: Project) -> Iterator[Finding]:
    setting = project.settings.get("DATABASES")
    text = setting.text.lower() if setting else ""
    where = setting.where if setting else ""
    shim = "runtime.postgresql reads host and credentials from the contract, and the password at each new connection"
    if any(name in text for name in _POSTGRESQL):
        yield Finding(verdict=Verdict.FITS, subject="database", seen="the engine is PostgreSQL", where=where)
    elif "sqlite" in text or "mysql" in text or "oracle" in text:
        engine = next(name for name in ("sqlite", "mysql", "oracle") if name in text)
        yield Finding(
            verdict=Verdict.CHANGE,
            subject="database",
            seen=f"the engine is {engine}",
            why="tasks have no disk of their own that lasts, and the stack's database is Aurora PostgreSQL",
            do="run the tests on PostgreSQL, move raw SQL and existing data, then use the shim's DATABASES",
            where=where,
        )
    else:
        yield Finding(
            verdict=Verdict.LOOK,
            subject="database",
            seen="DATABASES is computed (from a URL?)" if setting else "DATABASES is not set",
            why="only PostgreSQL runs here",
            do="make sure that migrations and raw SQL run on PostgreSQL",
            where=where,
        )
    yield Finding(
        verdict=Verdict.CHANGE,
        subject="database credentials",
        seen="they come from the settings or from a variable",
        why="the password rotates, and a value that is read once at the start fails from then on",
        do=shim,
        where=where,
        shim=True,
    )


def _files(project: Project) -> Iterator[Finding]:
    settings = project.settings
    storages = " ".join(
        settings[name].text for name in ("STORAGES", "STATICFILES_STORAGE", "DEFAULT_FILE_STORAGE") if name in settings
    )
    hashed = "Manifest" in storages
    yield Finding(
        verdict=Verdict.FITS if hashed else Verdict.CHANGE,
        subject="static files",
        seen="names carry a hash" if hashed else "names carry no hash",
        why="" if hashed else "CloudFront and browsers keep them for a year, so a changed file needs another name",
        do="" if hashed else "use ManifestStaticFilesStorage, and mend what `collectstatic` then complains of",
        shim=not hashed,
    )
    for name, why in (
        ("STATIC_URL", "CloudFront serves them at static.<domain>"),
        ("STATIC_ROOT", "the image collects them into one folder"),
    ):
        setting = settings.get(name)
        if setting is None or name == "STATIC_URL":
            yield Finding(
                verdict=Verdict.CHANGE,
                subject="static files",
                seen=f"{name} is {_shown(setting)}",
                why=why,
                do="the shim sets it",
                where=setting.where if setting else "",
                shim=True,
            )
    if "whitenoise" in str([setting.text for setting in settings.values()]).lower():
        yield Finding(
            verdict=Verdict.LOOK,
            subject="static files",
            seen="WhiteNoise serves them from the web process",
            why="it does no harm, but CloudFront does the work here",
            do="take its middleware out when you like",
        )
    if "s3" in storages.lower() and "default" in storages.lower():
        yield Finding(
            verdict=Verdict.LOOK,
            subject="media",
            seen="uploads go to S3 already",
            do="the shim gives it the bucket's name",
            shim=True,
        )
    else:
        media = settings.get("MEDIA_ROOT")
        yield Finding(
            verdict=Verdict.CHANGE,
            subject="media",
            seen=f"uploads are written to {_shown(media)}" if media else "no storage is set for uploads",
            why="a task's disk is read-only and goes with the task, and another task would not see the file",
            do="use the storage API (default_storage, FileField), never open() with MEDIA_ROOT; the shim sets django-storages",
            where=media.where if media else "",
            shim=True,
        )


def _jobs(project: Project) -> Iterator[Finding]:
    if project.celery is None:
        yield Finding(
            verdict=Verdict.FITS, subject="jobs", seen="there is no Celery app", do="the root says worker = null"
        )
        return
    yield Finding(
        verdict=Verdict.FITS, subject="jobs", seen=f"celery --app={project.celery.app}", where=project.celery.where
    )
    by_settings = project.celery.namespace == "CELERY"
    yield Finding(
        verdict=Verdict.CHANGE,
        subject="jobs",
        seen="the broker is another one than SQS",
        why="the stack has a queue on SQS, whose defaults in Celery lose jobs (docs/bring-your-own-app.md)",
        do="the shim sets broker, queue and acknowledgement"
        if by_settings
        else "set in the Celery app what app/backend/config/celery.py sets: its settings do not come from Django's with the prefix CELERY",
        where=project.celery.where,
        shim=by_settings,
    )
    result = project.settings.get("CELERY_RESULT_BACKEND")
    if result is not None and result.text not in ("None", "''"):
        yield Finding(
            verdict=Verdict.LOOK,
            subject="jobs",
            seen="results are kept: CELERY_RESULT_BACKEND is set",
            why="SQS keeps no results, and there is no Redis",
            do="use django-celery-results (the database), or ignore results, as the shim does",
            where=result.where,
        )


def _secrets_in_source(project: Project) -> Iterator[Finding]:
    for name, setting in project.settings.items():
        if isinstance(setting.value, str) and setting.value and re.search(r"SECRET|PASSWORD|TOKEN|API_?KEY", name):
            yield Finding(
                verdict=Verdict.CHANGE,
                subject="secrets",
                seen=f"{name} stands in the source",
                why="whoever reads the repository or its history has it",
                do="make a new one, which Secrets Manager keeps; the stack injects DJANGO_SECRET_KEY"
                if name == "SECRET_KEY"
                else f"make a new one, read it from the environment, and put {name} into `secrets` of the root",
                where=setting.where,
                shim=name == "SECRET_KEY",
            )


def _behind_a_load_balancer(project: Project) -> Iterator[Finding]:
    settings = project.settings
    debug = settings.get("DEBUG")
    if debug and debug.value is True:
        yield Finding(
            verdict=Verdict.CHANGE, subject="security", seen="DEBUG is True", why="its error pages show settings to visitors",
            do="the shim reads it from the contract, where it is false", where=debug.where, shim=True,
        )  # fmt: skip
    if "SECURE_PROXY_SSL_HEADER" not in settings:
        yield Finding(
            verdict=Verdict.CHANGE, subject="load balancer", seen="SECURE_PROXY_SSL_HEADER is not set",
            why="TLS ends at the load balancer: without it a redirect to https goes round in circles", do="the shim sets it", shim=True,
        )  # fmt: skip
    yield Finding(
        verdict=Verdict.CHANGE, subject="load balancer", seen="ALLOWED_HOSTS and /healthz",
        why="health checks come with a task's own address as Host, which Django answers with 400, and the task is replaced for ever",
        do="the shim puts runtime.middleware.health first, which answers /healthz for any Host", shim=True,
    )  # fmt: skip


def _elsewhere(project: Project) -> Iterator[Finding]:
    caches = project.settings.get("CACHES")
    engine = project.settings.get("SESSION_ENGINE")
    if caches is not None and "redis" in caches.text.lower():
        yield Finding(
            verdict=Verdict.CHANGE, subject="cache", seen="the cache is Redis", why="the stack has none",
            do="use the database's cache or none, or add ElastiCache as a module of its own", where=caches.where,
        )  # fmt: skip
    if engine is not None and isinstance(engine.value, str) and engine.value.endswith((".file", ".cache")):
        yield Finding(
            verdict=Verdict.CHANGE, subject="sessions", seen=f"sessions are kept by {engine.value}",
            why="another task answers the next request and does not see them", do="use django.contrib.sessions.backends.db or cached_db",
            where=engine.where,
        )  # fmt: skip


def _packages(project: Project) -> Iterator[Finding]:
    if project.requirements_file:
        yield Finding(verdict=Verdict.FITS, subject="packages", seen=f"pip can install {project.requirements_file}")
    elif project.requirements:
        yield Finding(
            verdict=Verdict.CHANGE, subject="packages", seen="they are declared, and pip has no list to install from",
            why="an image is built from exact versions",
            do="export them (`uv export`, `poetry export`, `pip-compile`) to requirements.txt beside manage.py",
        )  # fmt: skip
    else:
        yield Finding(
            verdict=Verdict.CHANGE, subject="packages", seen="no requirements were found",
            why="an image is built from exact versions", do="write them to requirements.txt beside manage.py",
        )  # fmt: skip
    absent = [name for name in needed_packages(project) if _plain(name) not in project.requirements]
    if absent:
        yield Finding(
            verdict=Verdict.CHANGE, subject="packages", seen=f"missing: {', '.join(absent)}",
            why="the stack runs gunicorn, PostgreSQL, S3 and Secrets Manager",
            do="add them; --write lists them in requirements-aws.txt", shim=True,
        )  # fmt: skip
    django = project.requirements.get("django", "")
    if (match := re.search(r"(\d+)\.\d+", django)) and int(match[1]) < 5:
        yield Finding(
            verdict=Verdict.LOOK, subject="packages", seen=f"Django {django}",
            why="the parts of `runtime` are tried with Django 5.2", do="update first",
        )  # fmt: skip


def _unread(project: Project) -> Iterator[Finding]:
    for path, reason in sorted(project.source.unread.items()):
        yield Finding(
            verdict=Verdict.LOOK, subject="unread", seen=f"{path} {reason}", do="what it says is not judged here"
        )


def needed_packages(project: Project) -> list[str]:
    """Return the packages that the stack's side of the contract needs, as pip installs them."""
    celery = ["celery[sqs]"] if project.celery else []
    return ["boto3", *celery, "django-storages[s3]", "gunicorn", "psycopg[binary,pool]", "python-json-logger"]


def _plain(name: str) -> str:
    return name.split("[", 1)[0]


def _shown(setting: Setting | None) -> str:
    if setting is None:
        return "not set"
    return setting.text if len(setting.text) <= 60 else setting.text[:57] + "…"


_RULES: tuple[Callable[[Project], Iterator[Finding]], ...] = (
    _entry,
    _packages,
    _database,
    _files,
    _jobs,
    _secrets_in_source,
    _behind_a_load_balancer,
    _elsewhere,
    _unread,
)
