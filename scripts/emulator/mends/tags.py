"""Tags for the services whose tag operations moto lacks."""

from __future__ import annotations

import json
from typing import Any

from scripts.emulator.mends.mend import add_to

_tags: dict[str, dict[str, str]] = {}
"""By ARN, which names account and region; a deleted resource's tags mean nothing and are replaced at its re-creation."""


def put(arn: str, sent: dict[str, str] | list[dict[str, str]]) -> None:
    """Give a new resource its tags, sent as a map or as a list of Key and Value."""
    _tags[arn] = _as_map(sent)


def add_methods(response: type, *, arn: str, sent: str, keys: str, as_map: bool) -> None:
    """Add the three tag operations to a service; the arguments name its parameters and say how it sends tags."""

    @add_to(response)
    def list_tags_for_resource(self: Any) -> str:
        kept = _tags.get(self._get_param(arn), {})
        return json.dumps({sent: kept if as_map else [{"Key": key, "Value": kept[key]} for key in kept]})

    @add_to(response)
    def tag_resource(self: Any) -> str:
        _tags.setdefault(self._get_param(arn), {}).update(_as_map(self._get_param(sent) or {}))
        return "{}"

    @add_to(response)
    def untag_resource(self: Any) -> str:
        for key in self._get_param(keys) or []:
            _tags.get(self._get_param(arn), {}).pop(key, None)
        return "{}"


def _as_map(sent: dict[str, str] | list[dict[str, str]]) -> dict[str, str]:
    return dict(sent) if isinstance(sent, dict) else {tag["Key"]: tag["Value"] for tag in sent}
