"""The application's own Python, for the tests that run what the task definitions say."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.laptop import builds


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of gunicorn, celery and the application's python, which a container has on its PATH."""
    try:
        builds.environment(lambda _text: None, log=tmp_path_factory.mktemp("environment") / "log")
    except builds.BuildError as error:
        pytest.skip(f"the application's own packages can't be installed on this machine: {error}")
    return builds.programs()
