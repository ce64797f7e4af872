"""Foreign projects are read without being run, judged, and added to without losing anything of theirs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from invoke.program import Program

import tasks
from scripts.adoption import judging, project, source, writing
from scripts.adoption.judging import Verdict
from scripts.adoption.project import NoProjectError
from scripts.adoption.writing import UnwritableError
from scripts.errors import UsageError
from scripts.laptop import builds
from tests.adoption.samples import PLAIN, POETRY, SPLIT, write

REACHED = "import pathlib\npathlib.Path(__file__).with_name('was-run').touch()\n"


def seen(found: project.Project, verdict: Verdict) -> list[str]:
    return [f"{item.subject}: {item.seen}" for item in judging.findings(found) if item.verdict is verdict]


def test_a_project_as_django_makes_it(tmp_path: Path) -> None:
    found = project.read(write(tmp_path, PLAIN))

    assert (found.settings_module, found.wsgi, found.celery) == ("shop.settings", "shop.wsgi:application", None)
    assert found.requirements == {"django": "==5.2.7", "gunicorn": ">=23"}
    assert found.requirements_file == "requirements.txt"
    changes = seen(found, Verdict.CHANGE)
    for expected in (
        "database: the engine is sqlite",
        "secrets: SECRET_KEY stands in the source",
        "security: DEBUG is True",
        "media: uploads are written to BASE_DIR / 'media'",
        "static files: STATIC_ROOT is not set",
        "load balancer: SECURE_PROXY_SSL_HEADER is not set",
        "packages: missing: boto3, django-storages[s3], psycopg[binary,pool], python-json-logger",
    ):
        assert expected in changes
    assert judging.root_values(found).startswith("worker = null")
    assert "secrets = {}" in judging.root_values(found)
    assert ('"config.wsgi:application"', '"shop.wsgi:application"') in judging.stack_values(found)
    assert not any("3x4mpl3" in line for line in [writing.checklist(found), *changes])


def test_split_settings_are_followed_to_production(tmp_path: Path) -> None:
    found = project.read(write(tmp_path, SPLIT))

    assert found.settings_module == "config.settings.production"
    assert found.settings["STATIC_ROOT"].where == "config/settings/base.py:22"
    assert found.celery is not None
    assert (found.celery.app, found.celery.namespace) == ("config.celery_app", "CELERY")
    assert found.requirements_file == "requirements/production.txt"
    assert {"celery", "gunicorn", "psycopg"} <= set(found.requirements)
    assert "werkzeug" not in found.requirements
    assert {item.name: item.required for item in found.variables} == {
        "ADMIN_PATH": False,
        "CELERY_BROKER_URL": False,
        "DATABASE_URL": True,
        "DJANGO_ALLOWED_HOSTS": False,
        "DJANGO_SECRET_KEY": True,
        "REDIS_URL": False,
        "SENTRY_DSN": False,
        "STRIPE_API_KEY": False,
    }
    assert set(judging.secrets(found)) == {"SENTRY_DSN", "STRIPE_API_KEY"}
    assert [item.name for item in judging.plain_variables(found)] == ["ADMIN_PATH"]
    assert "cache: the cache is Redis" in seen(found, Verdict.CHANGE)
    assert "sessions: sessions are kept by django.contrib.sessions.backends.cache" in seen(found, Verdict.CHANGE)
    assert "static files: names carry a hash" in seen(found, Verdict.FITS)
    assert "jobs: celery --app=config.celery_app" in seen(found, Verdict.FITS)
    assert "time_limit_seconds" in judging.root_values(found)
    assert "hunter2" not in json.dumps([item.document() for item in judging.findings(found)])


@pytest.mark.parametrize(
    ("files", "named", "chosen"),
    [
        (("base", "local", "production"), "conf.local", "conf.production"),
        (("base", "local", "prod"), "conf", "conf.prod"),
        (("base", "local"), "conf.local", "conf.local"),
        (("base",), "conf.base", "conf.base"),
        (("local", "staging2"), "conf.staging2", "conf.staging2"),
    ],
)
def test_the_settings_that_production_runs_are_chosen(
    files: tuple[str, ...], named: str, chosen: str, tmp_path: Path
) -> None:
    modules = {f"conf/{name}.py": "" for name in ("__init__", *files)}
    write(tmp_path, {"manage.py": PLAIN["manage.py"].replace("shop.settings", named), **modules})

    assert project.read(tmp_path).settings_module == chosen


def test_a_source_folder_poetry_and_a_database_by_url(tmp_path: Path) -> None:
    found = project.read(write(tmp_path, POETRY))

    assert (str(found.base), found.settings_module) == ("src", "site_.settings")
    assert found.wsgi == "site_.wsgi:application"
    assert found.requirements["psycopg"] == "^3.2"
    assert found.requirements_file is None
    assert "packages: they are declared, and pip has no list to install from" in seen(found, Verdict.CHANGE)
    assert "packages: Django ^4.2" in seen(found, Verdict.LOOK)
    assert "database: DATABASES is computed (from a URL?)" in seen(found, Verdict.LOOK)


@pytest.mark.parametrize("files", [PLAIN, SPLIT, POETRY])
def test_nothing_is_written_without_being_asked_and_nothing_is_run(files: dict[str, str], tmp_path: Path) -> None:
    armed = {name: text + ("\n" + REACHED if name.endswith(".py") else "") for name, text in files.items()}
    before = sorted(write(tmp_path, armed).rglob("*"))

    judging.findings(project.read(tmp_path))

    assert sorted(tmp_path.rglob("*")) == before


def test_what_cannot_be_read_is_told_and_the_rest_is_judged(tmp_path: Path) -> None:
    root = write(tmp_path / "project", PLAIN)
    outside = tmp_path / "outside.py"
    outside.write_text("SECRET_OF_ANOTHER_PROJECT = 1")
    (root / "shop" / "settings.py").write_text(
        "from .broken import *\nfrom .binary import *\nfrom .huge import *\nfrom .linked import *\nfrom .latin import *\n"
        "from .deep import *\nfrom ......... import *\nfrom .settings import *\nSECRET_KEY = 'x'\n"
    )
    (root / "shop" / "broken.py").write_text("def (:\n")
    (root / "shop" / "binary.py").write_bytes(b"A = 1\0\n")
    (root / "shop" / "latin.py").write_bytes(b"A = '\xe9'\n")
    (root / "shop" / "huge.py").write_text("# " + "x" * source.LARGEST_BYTES)
    (root / "shop" / "deep.py").write_text("A = " + "(" * 5000 + ")" * 5000)
    (root / "shop" / "linked.py").symlink_to(outside)
    (root / "elsewhere").symlink_to(tmp_path)
    os.mkfifo(root / "shop" / "celery.py")

    found = project.read(root)

    assert set(found.source.unread) == {f"shop/{name}.py" for name in ("broken", "binary", "latin", "huge", "deep")}
    assert "unread: shop/broken.py is no Python 3: invalid syntax in line 1" in seen(found, Verdict.LOOK)
    assert "SECRET_OF_ANOTHER_PROJECT" not in found.settings
    assert "SECRET_KEY" in found.settings


@pytest.mark.parametrize(
    "text",
    ["", "[", "[tool.poetry]\ndependencies = 3", "project = 1", "[project]\ndependencies = 'x'", "[tool]\npoetry = []"],
)
def test_a_strange_pyproject_is_no_obstacle(text: str, tmp_path: Path) -> None:
    assert project.read(write(tmp_path, {**PLAIN, "pyproject.toml": text})).requirements["django"] == "==5.2.7"


def test_a_folder_without_a_project_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(NoProjectError, match=r"holds no manage\.py"):
        project.read(tmp_path)
    with pytest.raises(UsageError, match="is no folder"):
        project.read(tmp_path / "missing")
    write(tmp_path, {"manage.py": PLAIN["manage.py"]})
    with pytest.raises(NoProjectError, match=r"names the settings shop\.settings"):
        project.read(tmp_path)


def test_a_folder_with_far_too_much_in_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MOST_FILES", 3)
    with pytest.raises(UsageError, match="more than 3 files"):
        project.read(write(tmp_path, PLAIN))


def test_environments_and_packages_of_others_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, {**PLAIN, "env2/pyvenv.cfg": "", "env2/manage.py": "", "node_modules/a.py": "", ".git/b.py": ""})

    assert {str(path) for path in project.read(tmp_path).source.files} == set(PLAIN)


def test_writing_adds_and_never_overwrites(tmp_path: Path) -> None:
    write(tmp_path, {**PLAIN, "Dockerfile": "FROM mine\n"})
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    first, second = writing.write(project.read(tmp_path)), writing.write(project.read(tmp_path))

    assert first.kept == ("Dockerfile",)
    assert {"aws_settings.py", "config/contract.py", "runtime/postgresql/base.py", "AWS.md"} <= set(first.added)
    assert "runtime/jobs/transport.py" not in first.added
    assert second.added == ()
    assert set(second.kept) == {"Dockerfile", *first.added}
    assert {path: path.read_bytes() for path in before} == before


def test_nothing_is_written_through_a_link_that_leads_out(tmp_path: Path) -> None:
    root, outside = write(tmp_path / "project", PLAIN), tmp_path / "outside"
    outside.mkdir()
    (root / "runtime").symlink_to(outside)
    (root / "AWS.md").symlink_to(tmp_path / "not-there")

    with pytest.raises(UnwritableError, match="leads out of"):
        writing.write(project.read(root))

    assert not list(outside.iterdir())
    assert not (tmp_path / "not-there").exists()


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("config.py", "would be hidden"),
        ("runtime.py", "would be hidden"),
        ("runtime/__init__.py", "of the project's own"),
    ],
)
def test_a_name_that_means_something_else_is_not_taken(file: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UnwritableError, match=sentence):
        writing.write(project.read(write(tmp_path, {**PLAIN, file: "mine = 1\n"})))

    assert not (tmp_path / "aws_settings.py").exists()


ENVIRON = {
    "ALLOWED_HOSTS": "api.example.com",
    "API_ORIGIN": "https://api.example.com",
    "AWS_REGION": "eu-west-1",
    "CELERY_CONCURRENCY": "2",
    "CELERY_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/a-tasks",
    "CELERY_TASK_TIME_LIMIT_SECONDS": "30",
    "DATABASE_CONNECT_TIMEOUT_SECONDS": "5",
    "DATABASE_HOST": "db",
    "DATABASE_NAME": "app",
    "DATABASE_POOL_SIZE": "4",
    "DATABASE_PORT": "5432",
    "DATABASE_SECRET_ID": "a",
    "DATABASE_APP_SECRET_ID": "b",
    "DJANGO_SECRET_KEY": "x" * 60,
    "DJANGO_SETTINGS_MODULE": "aws_settings",
    "MEDIA_BUCKET": "a",
    "SITE_ORIGIN": "https://example.com",
    "STATIC_URL": "https://static.example.com/",
}
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    if not (builds.programs() / "gunicorn").exists():
        pytest.skip("the application's packages are not installed yet: the tests of the contract do it")

    def run(role: str, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [builds.programs() / command[0], *command[1:]],
            cwd=tmp_path,
            env={**ENVIRON, "PATH": os.defpath, "TASK_ROLE": role},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


HEALTH = """
import django; django.setup()
from django.test import Client
answer = Client().get("/healthz", headers={"host": "10.0.0.7:8000"})
assert answer.status_code == 200, answer
"""


@pytest.mark.parametrize("files", [PLAIN, SPLIT], ids=["plain", "split"])
def test_an_adopted_project_starts_from_the_contract(files: dict[str, str], tmp_path: Path, run: Run) -> None:
    """Whatever the text of the shim promises: Django, gunicorn and the release command load with it."""
    files = {**files}
    if files is not PLAIN and "config/settings/production.py" in files:
        # What the checklist leaves to a person: WhiteNoise and Redis.
        text = files["config/settings/production.py"]
        files["config/settings/production.py"] = "\n".join(
            line for line in text.splitlines() if "CACHES" not in line and "SESSION" not in line
        )
    found = project.read(write(tmp_path, files))
    writing.write(found)

    assert found.wsgi is not None
    for role, *command in (
        ("web", "gunicorn", found.wsgi, "--check-config", "--worker-class=gthread", "--no-control-socket"),
        ("web", "python", "-c", HEALTH),
        ("web", "python", "manage.py", "check", "--deploy"),
        ("migrate", "python", "manage.py", "release", "--help"),
        ("build", "python", "manage.py", "collectstatic", "--noinput"),
    ):
        ran = run(role, *command)
        assert ran.returncode == 0, (command, ran.stdout, ran.stderr)
    if found.celery:
        for kind in ("worker", "beat"):
            ran = run(kind, "celery", f"--app={found.celery.app}", kind, "--help")
            assert ran.returncode == 0, (kind, ran.stderr)
        told = "from config.celery_app import app; print(app.conf.broker_url, app.conf.task_acks_late, app.conf.task_default_queue)"
        assert run("worker", "python", "-c", told).stdout.split() == ["sqs://", "True", "a-tasks"]


def test_a_task_that_lacks_something_says_so_in_one_sentence(tmp_path: Path, run: Run) -> None:
    writing.write(project.read(write(tmp_path, PLAIN)))

    ran = run("nothing", "python", "manage.py", "check")

    assert ran.returncode == 78
    assert "TASK_ROLE is 'nothing'" in ran.stderr


def test_the_verb_tells_a_person_and_a_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {**PLAIN, "shop/\x1b[31m.txt": ""})
    program = Program(namespace=tasks.namespace)

    program.run(["invoke", "adopt", f"--path={tmp_path}"], exit=False)
    told = capsys.readouterr().out
    assert "✗ database: the engine is sqlite" in told
    assert "worker = null" in told
    assert "\x1b" not in told
    assert not (tmp_path / "AWS.md").exists()

    program.run(["invoke", "adopt", f"--path={tmp_path}", "--json", "--write"], exit=False)
    document = json.loads(capsys.readouterr().out)
    assert document["settings"] == "shop.settings"
    assert "AWS.md" in document["written"]["added"]
    assert (tmp_path / "AWS.md").read_text().startswith("# To run on AWS")
