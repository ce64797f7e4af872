"""Every root plans what its inventory says."""

from __future__ import annotations

from scripts import environments
from tests import inventory
from tests.plans import BOOTSTRAP, Planned
from tests.rejections import DATA


def test_every_root_has_an_inventory_and_no_other_has() -> None:
    present = {file.stem for file in (DATA / "envs").glob("*.yaml")}

    assert present == {*environments.names(), BOOTSTRAP}


def test_the_root_plans_what_its_inventory_says(plan: Planned) -> None:
    expected = inventory.read(DATA / "envs" / f"{plan.name}.yaml")

    found = inventory.differences(expected, inventory.of_root(plan.document))

    assert not found, "\n".join(["", *found])
