"""The application's own Python, for the tests that run what the task definitions say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.contract import BACKEND


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder of gunicorn, celery and the application's python, which a container has on its PATH."""
    folder = BACKEND / ".venv" / "bin"
    if not (folder / "gunicorn").exists():
        pytest.skip("app/backend/.venv is not made: the application's own packages are not on this machine")
    return folder
