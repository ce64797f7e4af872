from __future__ import annotations

import json
from typing import Any

import pytest

from tests import rejections
from tests.rejections import Case, Rule


def case(**values: Any) -> Case:
    return Case(**{"module": "network", "name": "One zone", "set": {}, "merge": {}, "sentences": (), **values})


def diagnostic(file: str, detail: str, *, severity: str = "error") -> str:
    body = {
        "severity": severity,
        "summary": "Invalid value for variable",
        "detail": detail,
        "range": {"filename": file},
    }
    return json.dumps({"type": "diagnostic", "diagnostic": body})


def test_the_label_of_a_case_is_a_name_that_terraform_takes() -> None:
    assert case(name="/28 isn't enough, at all!").label == "network__28-isn-t-enough-at-all"


def test_diagnostics_are_sorted_by_the_call_that_they_are_about() -> None:
    said = rejections._sorted(
        [
            json.dumps({"type": "version"}),
            diagnostic(
                "a__x_override.tf",
                "Too\nlong.\n\nThis was checked by the validation rule at modules/a/variables.tf:7,3-13.",
            ),
            diagnostic("a__y.tf", "Attribute required."),
            diagnostic("a__y.tf", "Only a warning.", severity="warning"),
        ]
    )

    assert said.sentences == {"a__x": ["Too long."], "a__y": ["Invalid value for variable: Attribute required."]}
    assert said.rules == {Rule(module="a", line=7)}


def test_an_argument_is_cut_out_of_a_call_with_all_its_lines() -> None:
    call = 'module "x" {\n  name = "a"\n  size = {\n    cpu = 1 # small\n  }\n\n  zones  = ["a"]\n}\n'

    assert rejections._argument(call, "size") == "{\n    cpu = 1 # small\n  }"
    assert rejections._argument(call, "zones") == '["a"]'


def test_an_argument_that_the_example_does_not_give_is_refused() -> None:
    with pytest.raises(AssertionError, match="gives no size"):
        rejections._argument('module "x" {\n  name = "a"\n}\n', "size")


def test_locals_are_told_apart_by_their_indent() -> None:
    text = 'locals {\n  _a = {\n    b = 1\n  }\n  # why\n  c = local._a\n}\n\nresource "x" "y" {\n  d = 1\n}\n'

    assert dict(rejections._assignments(text)) == {"_a": "  _a = {\n    b = 1\n  }\n  # why\n", "c": "  c = local._a\n"}


def test_text_that_looks_like_a_template_stays_text() -> None:
    assert rejections._hcl({"a": "${x} %{if}"}) == '{"a": "$${x} %%{if}"}'


def test_every_rule_of_the_stack_is_found_where_it_begins() -> None:
    lines = (rejections._source("stack") / "variables.tf").read_text().splitlines()

    found = rejections.rules("stack")

    assert len(found) == sum(line.strip() == "validation {" for line in lines) > 10
    assert {lines[rule.line - 1] for rule in found} == {"  validation {"}
