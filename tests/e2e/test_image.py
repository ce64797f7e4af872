"""The image, built for real and run as Fargate runs it: read-only, without capabilities, as nobody."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts import images
from scripts.images import Image
from tests.contract.contract import Injected, injected
from tests.plans import Planned

NEEDED = ("buildah", "podman", "runc", "mmdebstrap")
BASE = "localhost/base:test"
CONF = """
[containers]
default_ulimits = ["nofile=10000:10000", "nproc=32768:32768"]
netns = "host"
[engine]
runtime = "runc"
"""
STORAGE = """
[storage]
driver = "overlay"
graphroot = "{folder}/graph"
runroot = "{folder}/run"
"""
pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("image")]
Run = Callable[..., subprocess.CompletedProcess[str]]


def capture(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store of images of the test's own; it holds a base made of Debian's packages, for want of a registry."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        pytest.skip(f"building an image needs {', '.join(missing)}: apt-get install {' '.join(missing)}")
    folder = tmp_path_factory.mktemp("images")
    (folder / "containers.conf").write_text(CONF)
    (folder / "storage.conf").write_text(STORAGE.format(folder=folder))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTAINERS_CONF", str(folder / "containers.conf"))
        patch.setenv("CONTAINERS_STORAGE_CONF", str(folder / "storage.conf"))
        patch.setenv("BUILDAH_ISOLATION", "chroot")
        packages = "--include=python3,python3-venv,ca-certificates"
        made = capture("mmdebstrap", "--variant=minbase", packages, "bookworm", str(folder / "base.tar"))
        if made.returncode != 0:
            pytest.skip(f"mmdebstrap can't make a base here: {made.stderr.strip().splitlines()[-1]}")
        container = capture("buildah", "from", "scratch").stdout.strip()
        for command in (
            ("add", "-q", container, str(folder / "base.tar"), "/"),
            ("commit", "-q", container, BASE),
            ("rm", container),
        ):
            done = capture("buildah", *command)
            if done.returncode != 0:
                pytest.skip(f"buildah does not work on this machine: {done.stderr.strip()}")
        yield folder
        capture("podman", "rm", "--all", "--force", "--volumes")
        capture("podman", "volume", "prune", "--force")
        capture("buildah", "rmi", "--all", "--force")


@pytest.fixture(scope="module")
def image(store: Path) -> Image:
    assert store.is_dir()
    lines: list[str] = []

    built = images.build(tag="localhost/gallery/backend:test", base_image=BASE, builder="buildah", on_line=lines.append)

    assert any("collectstatic" in line for line in lines)
    return built


@pytest.fixture
def run(image: Image) -> Run:
    """Run a command in the image as Fargate does: what an anonymous volume at /tmp gets is what Fargate's gets."""

    def run(*command: str, options: tuple[str, ...] = ("--rm",), **environ: str) -> subprocess.CompletedProcess[str]:
        limits = ("--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL", "--security-opt=no-new-privileges")
        variables = [f"--env={name}={value}" for name, value in environ.items()]
        return capture("podman", "run", *limits, "--user=10001:10001", *options, *variables, image.tag, *command)

    return run


def of(plan: Planned, role: str) -> Injected:
    return next(task for task in injected(plan.document) if task.role == role)


def test_the_image_says_where_it_comes_from(image: Image) -> None:
    assert image.id.startswith("sha256:")
    assert image.digest is not None
    assert image.platform == images.own_platform()
    assert image.labels["org.opencontainers.image.title"] == "gallery/backend"


def test_only_tmp_can_be_written_and_nothing_builds(run: Run) -> None:
    script = (
        "id -u; stat -c %a /tmp; touch /tmp/a; for f in /app/a /venv/a /a; do touch $f 2>/dev/null && echo $f; done;"
    )
    found = run("sh", "-c", script + "command -v gcc cc make; ls /venv/bin | grep -c '^pip'")

    assert found.stdout.split() == ["10001", "1777", "0"], found


def test_no_file_of_the_project_beyond_what_runs_is_in_it(run: Run) -> None:
    found = set(run("ls", "-A", "/app").stdout.split())

    assert {"manage.py", "config", "staticfiles"} <= found
    assert not found & {"tests", "Dockerfile", ".venv", ".git", ".env", "pyproject.toml"}


@pytest.mark.parametrize("role", ["worker", "beat", "migrate"])
def test_the_command_of_each_task_is_in_it(role: str, run: Run, prod: Planned) -> None:
    task = of(prod, role)

    ran = run(*task.command, "--help", **task.environ)

    assert ran.returncode == 0, ran.stderr


def test_the_workers_health_check_works_in_it(run: Run, prod: Planned) -> None:
    check = " ".join(of(prod, "worker").health_command[1:])
    polled = "python -c 'from runtime.jobs import heartbeat; heartbeat.beat()'"

    assert "has not polled" in run("sh", "-c", check).stderr
    assert run("sh", "-c", f"{polled} && {check}").returncode == 0


def test_web_answers_its_health_check_and_leaves_when_told(run: Run, prod: Planned) -> None:
    task = of(prod, "web")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [word.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for word in task.command]
    name = f"gallery-test-{os.getpid()}"
    started = run(*command, options=("--detach", f"--name={name}"), **task.environ)
    assert started.returncode == 0, started.stderr
    deadline = time.monotonic() + 60
    status = 0
    while status != 200 and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                status = answer.status
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)

    stopped = capture("podman", "stop", "--time=40", name)

    logs = capture("podman", "logs", name)
    assert status == 200, logs.stdout + logs.stderr
    assert stopped.returncode == 0
    assert capture("podman", "inspect", "--format={{.State.ExitCode}}", name).stdout.strip() == "0", logs.stderr
