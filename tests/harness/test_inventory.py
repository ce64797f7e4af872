from __future__ import annotations

import json
from typing import Any

import pytest

from tests import inventory
from tests.inventory import Present


def present(values: dict[str, Any] | None = None, *, outputs: dict[str, Any] | None = None) -> Present:
    known = values or {}
    return Present(values=known, types={address: address.split(".")[0] for address in known}, outputs=outputs or {})


def test_what_agrees_yields_nothing() -> None:
    vpc = {"aws_vpc.this": {"cidr_block": "10.0.0.0/16", "enable_dns_support": True, "id": inventory.UNKNOWN}}
    expected = {
        "count": {"aws_vpc": 1, "aws_nat_gateway": 0},
        "outputs": {"vpc_cidr": "10.0.0.0/16"},
        "aws_vpc.this": {"cidr_block": "10.0.0.0/16", "id": inventory.UNKNOWN},
    }

    assert inventory.differences(expected, present(vpc, outputs={"vpc_cidr": "10.0.0.0/16", "more": 1})) == []


def test_all_differences_are_reported_at_once() -> None:
    vpc = {"aws_vpc.this": {"cidr_block": "10.0.0.0/16", "enable_dns_support": True}}
    expected = {
        "count": {"aws_vpc": 2},
        "outputs": {"vpc_cidr": "10.9.0.0/16"},
        "aws_vpc.this": {"cidr_block": "10.1.0.0/16", "enable_dns_support": False},
    }

    found = inventory.differences(expected, present(vpc, outputs={"vpc_cidr": "10.0.0.0/16"}))

    assert found == [
        "count.aws_vpc: 2 expected, 1 planned (aws_vpc.this)",
        'outputs.vpc_cidr: "10.9.0.0/16" expected, "10.0.0.0/16" planned',
        'aws_vpc.this.cidr_block: "10.1.0.0/16" expected, "10.0.0.0/16" planned',
        "aws_vpc.this.enable_dns_support: false expected, true planned",
    ]


def test_an_address_that_is_not_planned_is_told_with_those_near_it() -> None:
    found = inventory.differences({"aws_subnet.privat": {}}, present({"aws_subnet.private": {}}))

    assert found == ["aws_subnet.privat: not planned; near it: aws_subnet.private"]


def test_a_misspelt_attribute_is_told_with_those_near_it() -> None:
    found = inventory.differences({"aws_vpc.this": {"cidr_bloc": 1}}, present({"aws_vpc.this": {"cidr_block": 1}}))

    assert found == ["aws_vpc.this.cidr_bloc: there is no such name; near it: cidr_block"]


@pytest.mark.parametrize(
    ("expected", "actual", "agrees"),
    [
        (1, True, False),
        (True, True, True),
        (1, 1.0, True),
        (None, None, True),
        ("1", 1, False),
        ([1, 2], [1, 2], True),
        ([1, 2], [2, 1], False),
        ([1], [1, 2], False),
        ([{"a": 1}], [{"a": 1, "b": 2}], True),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, False),
        (inventory.UNKNOWN, inventory.UNKNOWN, True),
        (inventory.UNKNOWN, "known", False),
        ("known", inventory.UNKNOWN, False),
        ({"a": 1}, inventory.UNKNOWN, False),
        ({"Statement": [{"Effect": "Deny"}]}, json.dumps({"Statement": [{"Effect": "Deny", "Action": "*"}]}), True),
        ({"Statement": []}, json.dumps({"Statement": [1]}), False),
        ({"Statement": []}, "not JSON", False),
    ],
)
def test_values_are_compared_as_terraform_would(expected: Any, actual: Any, agrees: bool) -> None:
    found = inventory.differences({"aws_x.this": {"value": expected}}, present({"aws_x.this": {"value": actual}}))

    assert (found == []) is agrees


def test_an_attribute_that_is_not_there_equals_null() -> None:
    assert inventory.differences({"aws_x.this": {"gone": None}}, present({"aws_x.this": {}})) == []


def document() -> dict[str, Any]:
    return {
        "output_changes": {
            "network": {"after": {"vpc_cidr": "10.0.0.0/16"}, "after_unknown": {"vpc_id": True}},
        },
        "resource_changes": [
            {
                "address": 'module.network.aws_subnet.private["a"]',
                "mode": "managed",
                "type": "aws_subnet",
                "change": {
                    "after": {"cidr_block": "10.0.1.0/24", "tags": [None, "x"], "blocks": [{"known": 1}]},
                    "after_unknown": {"id": True, "tags": [True], "blocks": [{"other": True}]},
                },
            },
            {"address": "module.network.data.aws_x.this", "mode": "data", "type": "aws_x", "change": {"after": {}}},
            {"address": "module.other.aws_x.this", "mode": "managed", "type": "aws_x", "change": {"after": {}}},
            {"address": "module.network.aws_x.old", "mode": "managed", "type": "aws_x", "change": {"after": None}},
        ],
    }


def test_a_module_is_seen_without_what_is_outside_it_with_what_is_unknown_marked() -> None:
    found = inventory.of_module(document(), "network", "network")

    assert found.outputs == {"vpc_cidr": "10.0.0.0/16", "vpc_id": inventory.UNKNOWN}
    assert found.types == {'aws_subnet.private["a"]': "aws_subnet"}
    assert found.values == {
        'aws_subnet.private["a"]': {
            "id": inventory.UNKNOWN,
            "cidr_block": "10.0.1.0/24",
            "tags": [inventory.UNKNOWN, "x"],
            "blocks": [{"known": 1, "other": inventory.UNKNOWN}],
        }
    }


def test_a_root_is_seen_whole() -> None:
    found = inventory.of_root(document())

    assert sorted(found.types) == ['module.network.aws_subnet.private["a"]', "module.other.aws_x.this"]
    assert found.outputs["network"]["vpc_id"] == inventory.UNKNOWN
