"""Every gap that is mended is still there in moto, and is closed by its mend."""

from __future__ import annotations

from http.client import HTTPException
from urllib.error import URLError

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from scripts.emulator.mends import MENDS
from scripts.emulator.mends.mend import Mend
from tests.emulator.asking import Asking
from tests.emulator.probes import PROBES

EACH = pytest.mark.parametrize("mend", MENDS, ids=[f"{mend.service}-{mend.name}" for mend in MENDS])


def test_each_mend_has_a_probe_and_each_probe_a_mend() -> None:
    assert sorted(PROBES) == sorted((mend.service, mend.name) for mend in MENDS)


@EACH
def test_the_mend_closes_the_gap(mend: Mend, mended: Asking) -> None:
    assert PROBES[mend.service, mend.name](mended)


@EACH
def test_moto_still_has_the_gap(mend: Mend, unmended: Asking) -> None:
    """When this fails, moto has gained the behaviour: delete the mend and its probe."""
    try:
        there = PROBES[mend.service, mend.name](unmended)
    except (ClientError, BotoCoreError, KeyError, IndexError, URLError, HTTPException):
        there = False
    assert not there, f"moto has gained {mend.service} {mend.name}: delete the mend and its probe"
