"""Which builder is taken, what it is told, and what an image says of where it comes from."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import images
from scripts.errors import UsageError
from scripts.images import ImageError

BUILDS = """
import json, os, pathlib, sys
said = sys.argv[1:]
if "build" in said:
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(said))
    print("STEP 1/1", flush=True)
    options = dict(word[2:].split("=", 1) for word in said if word.startswith("--") and "=" in word)
    pathlib.Path(options["iidfile"]).write_text("sha256:" + "a" * 64)
elif "inspect" in said:
    print(json.dumps([{"Digest": "sha256:" + "b" * 64, "Config": {"Labels": {"from": "here"}}}]))
"""
NO_DAEMON = "import sys; sys.exit('Cannot connect to the Docker daemon at unix:///var/run/docker.sock.')"

Program = Callable[[str, str], Path]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Put a program of that name on an otherwise bare PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "python3").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(folder))
    for name in ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)

    def make(name: str, code: str) -> Path:
        made = folder / name
        made.write_text(f"#!{folder}/python3\n{code}")
        made.chmod(0o755)
        return made

    return make


def test_where_nothing_is_installed_the_sentence_says_what_to_do(program: Program) -> None:
    del program
    with pytest.raises(
        ImageError, match=r"docker is not installed, podman is not installed, buildah is .*apt-get install"
    ):
        images.find_builder()


def test_a_client_without_its_server_does_not_count(program: Program) -> None:
    program("docker", NO_DAEMON)
    with pytest.raises(ImageError, match=r"docker does not work \(Cannot connect to the Docker daemon"):
        images.find_builder()

    program("buildah", BUILDS)
    assert images.find_builder().name == "buildah"


def test_docker_is_taken_where_all_work(program: Program) -> None:
    for name in ("buildah", "podman", "docker"):
        program(name, BUILDS)

    assert images.find_builder().name == "docker"
    assert images.find_builder("podman").name == "podman"
    with pytest.raises(UsageError, match="docker, podman, buildah"):
        images.find_builder("kaniko")


def test_a_program_that_cannot_be_started_is_told(program: Program) -> None:
    program("docker", "").write_text("no program")
    with pytest.raises(ImageError, match="docker does not start"):
        images.find_builder()


def test_a_builder_that_hangs_is_told(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "_ASK_SECONDS", 0.5)
    program("docker", "import time; time.sleep(60)")
    with pytest.raises(ImageError, match="docker does not answer"):
        images.find_builder()


def test_the_builder_is_told_everything(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificates = tmp_path / "ca.pem"
    certificates.touch()
    monkeypatch.setenv("PIP_CERT", str(certificates))
    docker = program("docker", BUILDS)
    lines: list[str] = []

    image = images.build(tag="a/b:1", platform_name="linux/arm64", base_image="base:1", on_line=lines.append)

    told = json.loads(docker.with_suffix(".json").read_text())
    assert {
        "--tag=a/b:1",
        "--platform=linux/arm64",
        "--build-arg=BASE_IMAGE=base:1",
        f"--secret=id=ca-certificates,src={certificates}",
        f"--file={images.CONTEXT / 'Dockerfile'}",
        "--label=org.opencontainers.image.title=gallery/backend",
    } <= set(told)
    assert told[-1] == str(images.CONTEXT)
    assert lines == ["STEP 1/1"]
    assert (image.id, image.digest) == ("sha256:" + "a" * 64, "sha256:" + "b" * 64)
    assert image.labels == {"from": "here"}


def test_a_build_that_fails_shows_its_last_lines(program: Program) -> None:
    program("docker", "import sys\nif 'build' in sys.argv:\n  print('ERROR: no space left'); sys.exit(3)")

    with pytest.raises(ImageError, match=r"exit code 3[^\0]*no space left"):
        images.build()


def test_a_foreign_processor_is_explained(program: Program) -> None:
    program("docker", "import sys\nif 'build' in sys.argv:\n  print('exec /bin/sh: exec format error'); sys.exit(1)")
    other = next(name for name in ("linux/amd64", "linux/arm64") if name != images.own_platform())

    with pytest.raises(ImageError, match=f"can't run programs of {other}"):
        images.build(platform_name=other)


def test_a_platform_that_fargate_does_not_run_is_refused() -> None:
    with pytest.raises(UsageError, match="linux/amd64 or linux/arm64"):
        images.build(platform_name="windows/amd64")


def test_the_labels_tell_commit_and_source_without_credentials(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        ran = subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        )
        return ran.stdout.strip()

    assert images.labels_of(tmp_path) == {"org.opencontainers.image.title": "gallery/backend"}
    git("init")
    git("commit", "--allow-empty", "--message=a")
    git("remote", "add", "origin", "https://user:token@example.org/team/app.git")
    labels = images.labels_of(tmp_path)
    assert labels["org.opencontainers.image.revision"] == git("rev-parse", "HEAD")
    assert labels["org.opencontainers.image.source"] == "https://example.org/team/app.git"
    assert "org.opencontainers.image.version" not in labels

    (tmp_path / "app" / "backend").mkdir(parents=True)
    (tmp_path / "app" / "backend" / "new.py").touch()
    assert images.labels_of(tmp_path)["org.opencontainers.image.version"] == "uncommitted"
