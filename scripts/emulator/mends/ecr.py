"""Amazon ECR."""

from __future__ import annotations

import json
import time
from typing import Any

from scripts.emulator.mends import store
from scripts.emulator.mends.mend import add_to, mend


@mend("ecr", reason="Pull-through cache rules are absent.")
def pull_through_cache_rules() -> None:
    """Keep, list and delete pull-through cache rules."""
    from moto.core.exceptions import JsonRESTError
    from moto.ecr.responses import ECRResponse

    def kept(response: Any) -> dict[str, Any]:
        return store.values("ecr", response.current_account, response.region, "pull_through_cache_rules")

    def missing() -> JsonRESTError:
        return JsonRESTError("PullThroughCacheRuleNotFoundException", "The pull through cache rule does not exist")

    @add_to(ECRResponse)
    def create_pull_through_cache_rule(self: Any) -> str:
        prefix = self._get_param("ecrRepositoryPrefix")
        kept(self)[prefix] = {
            "ecrRepositoryPrefix": prefix,
            "upstreamRegistryUrl": self._get_param("upstreamRegistryUrl"),
            "upstreamRegistry": self._get_param("upstreamRegistry"),
            "credentialArn": self._get_param("credentialArn"),
            "registryId": self.current_account,
            "createdAt": time.time(),
        }
        return json.dumps(kept(self)[prefix])

    @add_to(ECRResponse)
    def describe_pull_through_cache_rules(self: Any) -> str:
        prefixes = self._get_param("ecrRepositoryPrefixes")
        found = [rule for prefix, rule in kept(self).items() if not prefixes or prefix in prefixes]
        if prefixes and not found:
            raise missing()
        return json.dumps({"pullThroughCacheRules": found})

    @add_to(ECRResponse)
    def delete_pull_through_cache_rule(self: Any) -> str:
        gone = kept(self).pop(self._get_param("ecrRepositoryPrefix"), None)
        if gone is None:
            raise missing()
        return json.dumps(gone)
