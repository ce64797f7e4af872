"""Amazon CloudWatch Logs."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from scripts.emulator.mends import store
from scripts.emulator.mends.mend import add_to, mend


@mend("logs", reason="Saved queries of Logs Insights are absent.")
def query_definitions() -> None:
    """Keep, list and delete query definitions."""
    from moto.logs.responses import LogsResponse

    def kept(response: Any) -> dict[str, Any]:
        return store.values("logs", response.current_account, response.region, "query_definitions")

    @add_to(LogsResponse)
    def put_query_definition(self: Any) -> str:
        identifier = self._get_param("queryDefinitionId") or str(uuid.uuid4())
        kept(self)[identifier] = {
            "queryDefinitionId": identifier,
            "name": self._get_param("name"),
            "queryString": self._get_param("queryString"),
            "logGroupNames": self._get_param("logGroupNames") or [],
            "lastModified": int(time.time() * 1000),
        }
        return json.dumps({"queryDefinitionId": identifier})

    @add_to(LogsResponse)
    def describe_query_definitions(self: Any) -> str:
        prefix = self._get_param("queryDefinitionNamePrefix") or ""
        found = [query for query in kept(self).values() if query["name"].startswith(prefix)]
        return json.dumps({"queryDefinitions": found})

    @add_to(LogsResponse)
    def delete_query_definition(self: Any) -> str:
        gone = kept(self).pop(self._get_param("queryDefinitionId"), None)
        return json.dumps({"success": gone is not None})
