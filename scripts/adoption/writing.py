"""What `--write` adds to a foreign project: a settings module over its own, and this project's side of the contract.

No file that exists is touched, and nothing is written through a link that leads out of the project.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from scripts.adoption import judging
from scripts.adoption.judging import SHIM, Verdict
from scripts.adoption.project import Project
from scripts.errors import OperatorError

BACKEND = Path(__file__).resolve().parents[2] / "app" / "backend"
_WITHOUT = frozenset({"api.py"})
"""What needs django-rest-framework, which the project may not have."""


class UnwritableError(OperatorError):
    """Report that a file could not be added."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What was added, and what was left as it is because it exists. Paths within the project."""

    added: tuple[str, ...]
    kept: tuple[str, ...]


def write(project: Project) -> Written:
    """Add what is missing; a second time there is nothing to add."""
    _refuse_other_modules(project)
    added: list[str] = []
    kept: list[str] = []
    for path, text in files(project):
        (added if _create(project.source.root, path, text) else kept).append(str(path))
    return Written(added=tuple(added), kept=tuple(kept))


def _refuse_other_modules(project: Project) -> None:
    """Raise where a name that is needed means something else to the project already."""
    source, base = project.source, project.base
    for name in ("config", "runtime"):
        if source.has(base / f"{name}.py"):
            raise UnwritableError(
                f"{base / name}.py would be hidden by the folder {name}/ that has to be added: rename the module first."
            )
    mark = base / "runtime" / "__init__.py"
    if source.has(mark) and source.text(mark) != (BACKEND / "runtime" / "__init__.py").read_text():
        raise UnwritableError(
            f"{mark.parent}/ is a package of the project's own, and the name is needed for this one's: rename it first."
        )


def files(project: Project) -> Iterator[tuple[PurePosixPath, str]]:
    """Yield each file that a project needs, by its path within the project."""
    base = project.base
    yield base / f"{SHIM}.py", _shim(project)
    for folder, only in (("runtime", None), ("config", {"__init__.py", "contract.py"})):
        for path in sorted((BACKEND / folder).rglob("*.py")):
            relative = PurePosixPath(path.relative_to(BACKEND).as_posix())
            if path.name in _WITHOUT or (only is not None and path.name not in only):
                continue
            if not project.celery and relative.parts[:2] == ("runtime", "jobs"):
                continue
            if not project.celery and path.name == "worker_health.py":
                continue
            yield base / relative, path.read_text()
    yield base / "gunicorn.conf.py", _GUNICORN
    yield base / "requirements-aws.txt", "\n".join(judging.needed_packages(project)) + "\n"
    yield base / "Dockerfile", _dockerfile(project)
    yield base / ".dockerignore", _DOCKERIGNORE
    yield base / "AWS.md", checklist(project)


def checklist(project: Project) -> str:
    """Write down what is left to do, as Markdown."""
    lines = ["# To run on AWS", "", f"Read from the source of `{project.settings_module}`; nothing of it was run.", ""]
    for finding in judging.findings(project):
        if finding.verdict is Verdict.FITS:
            continue
        done = "x" if finding.shim else " "
        where = f" (`{finding.where}`)" if finding.where else ""
        why = f"; {finding.why}" if finding.why else ""
        lines.append(f"- [{done}] **{finding.subject}**: {finding.seen}{where}{why}. To do: {finding.do or 'look'}.")
    lines += ["", f"What is ticked, `{SHIM}.py` does. Into the environment's root:", "", "```hcl"]
    lines += [judging.root_values(project), "```", "", "In `terraform/stack/services.tf`:", ""]
    lines += [f"- `{before}` becomes `{after}`" for before, after in judging.stack_values(project)]
    own = judging.secrets(project)
    if own:
        lines += ["", f"Declare these secrets in `config/contract.py` too: {', '.join(f'`{name}`' for name in own)}."]
    plain = judging.plain_variables(project)
    if plain:
        names = ", ".join(f"`{item.name}`{' (required)' if item.required else ''}" for item in plain)
        lines += ["", f"Plain variables that the settings read; give them a value in `{SHIM}.py`: {names}."]
    return "\n".join(lines) + "\n"


def _shim(project: Project) -> str:
    celery = _CELERY if project.celery and project.celery.namespace == "CELERY" else ""
    needed = [variable.name for variable in project.variables if variable.required]
    stand_ins = []
    for name in needed:
        if name.endswith("SECRET_KEY"):
            stand_ins.append(f'os.environ.setdefault("{name}", _env.text("DJANGO_SECRET_KEY"))')
        elif name == "DATABASE_URL":
            stand_ins.append(f'os.environ.setdefault("{name}", "postgres://replaced-below/")')
    first = "\n# The project's settings insist on these, and what follows replaces or repeats them.\n" + "\n".join(
        stand_ins
    )
    return _SHIM.format(
        settings=project.settings_module,
        stand_ins=f"{first}\n" if stand_ins else "",
        os="import os\n" if stand_ins else "",
        celery=celery,
    )


def _dockerfile(project: Project) -> str:
    """Adapt this project's own Dockerfile: another list of packages, another settings module."""
    text = (BACKEND / "Dockerfile").read_text()
    file = project.requirements_file or "requirements.txt"
    name = PurePosixPath(file)
    inside = str(name.relative_to(project.base)) if name.is_relative_to(project.base) else name.name
    hashed = "--hash=" in (project.source.text(name) or "") if project.requirements_file else False
    replaced = {
        "COPY requirements.lock ./": f"COPY {inside} requirements-aws.txt ./",
        "--require-hashes --only-binary=:all: -r requirements.lock": (
            f"--require-hashes --only-binary=:all: -r {PurePosixPath(inside).name} \\\n    && /venv/bin/pip install -r requirements-aws.txt"
            if hashed
            else f"-r {PurePosixPath(inside).name} -r requirements-aws.txt"
        ),
        "DJANGO_SETTINGS_MODULE=config.settings": f"DJANGO_SETTINGS_MODULE={SHIM}",
        "TASK_ROLE=build /venv/bin/python": f"TASK_ROLE=build DJANGO_SETTINGS_MODULE={SHIM} /venv/bin/python",
        '"config.wsgi:application"': f'"{project.wsgi or "config.wsgi:application"}"',
    }
    for before, after in replaced.items():
        if before not in text:
            raise UnwritableError(
                f"app/backend/Dockerfile no longer says {before!r}, which adopt adapts: change scripts/adoption/writing.py with it."
            )
        text = text.replace(before, after)
    return text


def _create(root: Path, path: PurePosixPath, text: str) -> bool:
    """Write a new file and say whether it was new; raise UnwritableError where a link leads out of the project."""
    target = root / path
    try:
        if not target.parent.resolve().is_relative_to(root):
            raise UnwritableError(
                f"{path.parent} leads out of {root}, so nothing is written there: replace the link by a folder."
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    except FileExistsError:
        return False
    except OSError as error:
        raise UnwritableError(f"{target} can't be written ({error.strerror}): see who owns the folder.") from error
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return True


_SHIM = '''"""The settings that run on AWS: the project's own, and over them what the stack injects (config/contract.py)."""

{os}from pathlib import Path as _Path

from config import contract as _contract
from runtime.logs import configuration as _logging

_env = _contract.start()
{stand_ins}
from {settings} import *  # noqa: E402, F403

DEBUG = _env.boolean("DEBUG")
SECRET_KEY = _env.text("DJANGO_SECRET_KEY")
AWS_REGION = _env.text("AWS_REGION")
SITE_ORIGIN = _env.text("SITE_ORIGIN")
API_ORIGIN = _env.text("API_ORIGIN")
ALLOWED_HOSTS = list(_env.items("ALLOWED_HOSTS"))
CSRF_TRUSTED_ORIGINS = sorted({{SITE_ORIGIN, API_ORIGIN}})
LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = _logging(_env.text("LOG_LEVEL"))

INSTALLED_APPS = [*INSTALLED_APPS, "runtime"]  # noqa: F405
# The load balancer asks for health by IP address and in plain HTTP: before everything that minds.
MIDDLEWARE = ["runtime.middleware.health", "runtime.middleware.request_context", *MIDDLEWARE]  # noqa: F405
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = API_ORIGIN.startswith("https://")

if "DATABASE_HOST" in _env:
    DATABASES = {{
        "default": {{
            "ENGINE": "runtime.postgresql",
            "HOST": _env.text("DATABASE_HOST"),
            "PORT": _env.integer("DATABASE_PORT"),
            "NAME": _env.text("DATABASE_NAME"),
            "SECRET_ID": _env.text("DATABASE_SECRET_ID"),
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {{"connect_timeout": _env.integer("DATABASE_CONNECT_TIMEOUT_SECONDS")}},
        }},
    }}
    if _env.role is _contract.Role.WEB:
        DATABASES["default"]["OPTIONS"]["pool"] = {{
            "min_size": 0,
            "max_size": _env.integer("DATABASE_POOL_SIZE"),
            "max_idle": 60,
            "timeout": 3,
        }}
else:
    DATABASES = {{"default": {{"ENGINE": "django.db.backends.dummy"}}}}
DATABASE_APP_SECRET_ID = _env.text("DATABASE_APP_SECRET_ID") if "DATABASE_APP_SECRET_ID" in _env else None

STATIC_URL = _env.text("STATIC_URL")
STATIC_ROOT = _Path(__file__).resolve().parent / "staticfiles"
MEDIA_BUCKET = _env.text("MEDIA_BUCKET")
STORAGES = {{
    "default": {{
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {{"bucket_name": MEDIA_BUCKET, "region_name": AWS_REGION, "signature_version": "s3v4"}},
    }},
    "staticfiles": {{"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}},
}}
# Django refuses both the old names and STORAGES.
for _name in ("DEFAULT_FILE_STORAGE", "STATICFILES_STORAGE"):
    globals().pop(_name, None)
{celery}'''

_CELERY = """
ECS_AGENT_URI = _env.text("ECS_AGENT_URI") if "ECS_AGENT_URI" in _env else None
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
if "CELERY_QUEUE_URL" in _env:
    from runtime.jobs import transport as _transport

    # kombu's own transport stops polling for good after one failed ReceiveMessage.
    _transport.register()
    _queue = _env.text("CELERY_QUEUE_URL").rsplit("/", 1)[-1]
    CELERY_BROKER_URL = "sqs://"
    CELERY_TASK_DEFAULT_QUEUE = _queue
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "region": AWS_REGION,
        "predefined_queues": {_queue: {"url": _env.text("CELERY_QUEUE_URL")}},
        "polling_interval": 0.1,
        "wait_time_seconds": 10,
        "sqs_base64_encoding": False,
    }
    # A worker that dies, a job that raises and one that takes too long all leave the message in the queue.
    CELERY_TASK_ACKS_LATE = True
    CELERY_TASK_ACKS_ON_FAILURE_OR_TIMEOUT = False
    CELERY_TASK_REJECT_ON_WORKER_LOST = True
    CELERY_WORKER_PREFETCH_MULTIPLIER = 1
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
    CELERY_TASK_TIME_LIMIT = _env.integer("CELERY_TASK_TIME_LIMIT_SECONDS")
    CELERY_TASK_SOFT_TIME_LIMIT = max(1, int(CELERY_TASK_TIME_LIMIT * 0.9))
    if "CELERY_CONCURRENCY" in _env:
        CELERY_WORKER_CONCURRENCY = _env.integer("CELERY_CONCURRENCY")
else:
    CELERY_TASK_ALWAYS_EAGER = True
    CELERY_BROKER_URL = "memory://"
"""

_GUNICORN = '''"""What gunicorn reads from its working directory; addresses, workers and time-outs are the task definition's."""

from config import contract
from runtime.logs import configuration

# In the master, so that a task which lacks something ends with one sentence instead of starting workers for ever.
_env = contract.start()

logconfig_dict = {**configuration(_env.text("LOG_LEVEL"))}
# The load balancer is the only client, and its addresses are not known beforehand.
forwarded_allow_ips = "*"
'''

_DOCKERIGNORE = """# What must not be in an image: secrets, histories, what is made on this machine.
.git
.env*
**/.env*
.venv
venv
**/__pycache__
**/*.pyc
**/*.sqlite3
node_modules
media
staticfiles
"""
