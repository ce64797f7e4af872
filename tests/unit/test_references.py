from __future__ import annotations

import json
from typing import Any

import pytest

from scripts import references


def created(address: str, after: dict[str, Any], unknown: dict[str, Any], mode: str = "managed") -> dict[str, Any]:
    type_ = references.configured(address).split(".")[-2]
    return {"address": address, "type": type_, "mode": mode, "change": {"after": after, "after_unknown": unknown}}


WEB = 'module.app["a.b[0]"].aws_security_group.web[0]'
RULE = "aws_vpc_security_group_ingress_rule.this"
BUCKET = "aws_s3_bucket.media"
CERTIFICATE = "module.cdn.aws_acm_certificate.this"


def document() -> dict[str, Any]:
    return {
        "resource_changes": [
            created(WEB, {"name": "web"}, {"id": True, "arn": True, "ingress": True}),
            created(
                RULE, {"from_port": 443}, {"id": True, "referenced_security_group_id": True, "security_group_id": True}
            ),
            created(BUCKET, {"bucket": "gallery-media"}, {"id": True, "policy": True}),
            created(
                CERTIFICATE,
                {"domain_validation_options": [{"domain_name": "example.com"}]},
                {
                    "arn": True,
                    "domain_validation_options": [{"resource_record_name": True, "resource_record_type": True}],
                },
            ),
            created("data.aws_iam_policy_document.this", {}, {"json": True}, mode="data"),
            {"address": "aws_x.gone", "type": "aws_x", "mode": "managed", "change": {"after": None}},
        ],
        "configuration": {
            "provider_config": {
                "aws": {"expressions": {"region": {"constant_value": "eu-west-1"}}},
                "aws.us_east_1": {"expressions": {"region": {"constant_value": "us-east-1"}}},
            },
            "root_module": {
                "resources": [
                    {
                        "address": RULE,
                        "provider_config_key": "aws",
                        "expressions": {"referenced_security_group_id": {}, "security_group_id": {}, "from_port": {}},
                    },
                    {"address": BUCKET, "provider_config_key": "aws", "expressions": {"bucket": {}}},
                ],
                "module_calls": {
                    "cdn": {
                        "module": {
                            "resources": [
                                {"address": "aws_acm_certificate.this", "provider_config_key": "aws.us_east_1"}
                            ]
                        }
                    }
                },
            },
        },
    }


def printed(*planned: tuple[str, dict[str, Any]]) -> list[str]:
    changes = [{"address": address, "change": {"after": after}} for address, after in planned]
    event = {"type": "test_plan", "test_plan": {"resource_changes": changes}}
    return ['{"type":"version"}', json.dumps(event, separators=(",", ":"))]


def test_an_identity_is_invented_for_everything_that_will_exist_and_for_nothing_else() -> None:
    assert set(references.invent(document()).values) == {WEB, RULE, BUCKET, CERTIFICATE}


def test_identities_have_the_shape_that_validations_ask_for() -> None:
    values = references.invent(document()).values

    assert values[WEB]["id"].startswith("sg-")
    assert values[WEB]["arn"].startswith("arn:aws:")
    assert values[CERTIFICATE]["arn"].startswith("arn:aws:acm:us-east-1:000000000000:certificate/")


def test_a_resource_whose_id_is_its_name_keeps_it() -> None:
    identities = references.invent(document())

    assert identities.values[BUCKET]["id"] == "gallery-media"
    assert identities.addresses("gallery-media") == [BUCKET]
    assert identities.addresses("gallery-media-too") == []


def test_the_part_of_a_nested_value_that_is_known_is_kept() -> None:
    (option,) = references.invent(document()).values[CERTIFICATE]["domain_validation_options"]

    assert option["domain_name"] == "example.com"
    assert option["resource_record_type"] == "CNAME"


def test_attributes_that_nothing_refers_to_are_not_invented() -> None:
    assert "ingress" not in references.invent(document()).values[WEB]


def test_the_test_file_stands_in_for_each_resource_while_planning() -> None:
    text = references.invent(document()).test_file()

    assert text.count("override_during = plan") == 4
    assert f"target          = {WEB}\n" in text
    assert 'run "references" {\n  command = plan\n}' in text


def test_a_value_leads_back_to_the_resources_in_it_however_deep() -> None:
    identities = references.invent(document())
    web, certificate = identities.values[WEB]["id"], identities.values[CERTIFICATE]["arn"]

    assert identities.addresses(web) == [WEB]
    assert identities.addresses([{"a": json.dumps({"Resource": [certificate, web, web]})}]) == [CERTIFICATE, WEB]
    assert identities.addresses({"cidr": "0.0.0.0/0", "port": 443, "none": None}) == []


def test_what_the_plan_knows_is_kept_and_the_rest_filled_in() -> None:
    identities = references.invent(document())
    web = identities.values[WEB]["id"]
    lines = printed((RULE, {"from_port": 1, "referenced_security_group_id": web, "security_group_id": web, "id": "x"}))

    known = references.complete(document(), identities, references.read(lines))

    assert known[RULE]["from_port"] == 443
    assert identities.addresses(known[RULE]["referenced_security_group_id"]) == [WEB]


def test_terraforms_noise_in_attributes_that_nobody_sets_is_left_out() -> None:
    identities = references.invent(document())

    known = references.complete(
        document(), identities, references.read(printed((BUCKET, {"policy": "x8hd2lq0", "id": "y"})))
    )

    assert known[BUCKET]["policy"] is None


def test_the_blocks_of_a_set_are_matched_by_what_is_known_of_them_not_by_their_order() -> None:
    alarm = "aws_cloudwatch_metric_alarm.this"
    queries = [{"id": "a", "label": "", "metric": [{"name": "x"}]}, {"id": "b", "label": "", "metric": []}]
    unknown = {"metric_query": [{"metric": [{"dimensions": True}]}, {"metric": []}]}
    plan: dict[str, Any] = {
        "resource_changes": [created(alarm, {"metric_query": queries}, unknown)],
        "configuration": {},
    }
    plan["configuration"] = {"root_module": {"resources": [{"address": alarm, "expressions": {}}]}}  # a dynamic block
    stand_in = [
        {"id": "b", "label": None, "metric": []},
        {"id": "a", "label": None, "metric": [{"name": "x", "dimensions": {"LoadBalancer": "app/1"}}]},
    ]

    lines = printed((alarm, {"metric_query": stand_in}))
    known = references.complete(plan, references.invent(plan), references.read(lines))

    assert known[alarm]["metric_query"][0]["metric"] == [{"name": "x", "dimensions": {"LoadBalancer": "app/1"}}]
    assert known[alarm]["metric_query"][1] == {"id": "b", "label": "", "metric": []}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("aws_x.this", "aws_x.this"),
        ("module.a[0].aws_x.this[12]", "module.a.aws_x.this"),
        ('module.a["b.c[0]"].aws_x.this["d\\"]e"]', "module.a.aws_x.this"),
    ],
)
def test_a_configured_address_has_no_instance_keys(address: str, expected: str) -> None:
    assert references.configured(address) == expected


def test_a_configuration_that_does_not_evaluate_is_told_with_terraforms_reason() -> None:
    error = {"severity": "error", "summary": "Invalid value", "detail": "must be\nan ARN"}
    lines = [json.dumps({"type": "diagnostic", "diagnostic": error}, separators=(",", ":"))]

    with pytest.raises(references.UnresolvedError, match="Invalid value: must be an ARN"):
        references.read(lines)


def test_terraform_that_printed_no_plan_is_told() -> None:
    with pytest.raises(references.UnresolvedError, match="no plan"):
        references.read(['{"type":"version"}'])
