"""Every module: its example plans as its inventory says, and it refuses what its rejections say."""

from __future__ import annotations

import pytest

from tests import inventory, rejections
from tests.examples import MODULES, TERRAFORM, example
from tests.plans import Planned
from tests.rejections import DATA, STACK, Case, Refused


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_an_example_and_an_inventory_of_it(module: str) -> None:
    assert example(module)
    assert (DATA / "modules" / module / "inventory.yaml").exists()


def test_every_inventory_and_rejection_is_of_a_module_that_exists() -> None:
    folders = {file.parent.name for file in (DATA / "modules").glob("*/*.yaml")}

    assert folders <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_the_example_plans_what_the_inventory_says(module: str, modules_plan: Planned) -> None:
    expected = inventory.read(DATA / "modules" / module / "inventory.yaml")

    found = inventory.differences(expected, inventory.of_module(modules_plan.document, module, output=module))

    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize("case", [pytest.param(case, id=case.label) for case in rejections.all_cases()])
def test_a_bad_value_is_refused_with_its_sentence_and_no_other(case: Case, refused: Refused) -> None:
    said = refused.sentences.get(case.label, [])

    missing = [sentence for sentence in case.sentences if not any(sentence in other for other in said)]
    unexpected = [other for other in said if not any(sentence in other for sentence in case.sentences)]
    assert not missing, f"not said: {missing}; said instead: {said}"
    assert not unexpected, f"said as well: {unexpected}"


@pytest.mark.parametrize("module", [*MODULES, STACK])
def test_the_example_itself_is_not_refused(module: str, refused: Refused) -> None:
    assert refused.sentences.get(module, []) == []


def test_nothing_is_said_outside_the_cases(refused: Refused) -> None:
    labels = {case.label for case in rejections.all_cases()} | {*MODULES, STACK}

    assert {label: said for label, said in refused.sentences.items() if label not in labels} == {}


@pytest.mark.parametrize("module", [*MODULES, STACK])
def test_every_validation_has_a_value_that_it_refuses(module: str, refused: Refused) -> None:
    """A validation that no case makes speak may be one that can't fail."""
    silent = [rule.line for rule in rejections.rules(module) if rule not in refused.rules]

    source = TERRAFORM / (STACK if module == STACK else f"modules/{module}") / "variables.tf"
    assert not silent, f"{source.relative_to(TERRAFORM)}: no rejection for the validations in lines {silent}"


@pytest.mark.parametrize("module", [*MODULES, STACK])
def test_no_two_cases_share_a_name(module: str) -> None:
    labels = [case.label for case in rejections.cases(module)]

    assert len(labels) == len(set(labels))
