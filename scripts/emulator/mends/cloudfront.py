"""Amazon CloudFront."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from scripts.emulator.mends import store
from scripts.emulator.mends.mend import add_to, mend

_KINDS = ("CachePolicy", "OriginRequestPolicy", "ResponseHeadersPolicy")


@mend(
    "cloudfront",
    reason="A distribution comes back with other values than it was sent and without origin groups, over which the "
    "provider panics.",
)
def distribution_as_sent() -> None:
    """Keep the configuration of a distribution as it was sent, once moto's own has accepted it."""
    import moto.cloudfront.models as models

    moto = models.DistributionConfig

    class SentConfig(dict[str, Any]):
        """The configuration as it was sent, with the attributes that moto's backend asks of it."""

        def __init__(self, config: dict[str, Any]) -> None:
            moto(copy.deepcopy(config))  # raises what moto finds wrong with it
            super().__init__({"OriginGroups": {"Quantity": 0}} | config)
            self.caller_reference = config["CallerReference"]

        def __getattr__(self, name: str) -> Any:
            try:
                return self[name]
            except KeyError as error:
                raise AttributeError(name) from error

    models.DistributionConfig = SentConfig  # type: ignore[assignment,misc]  # stands in for it


@mend("cloudfront", reason="PublishFunction is absent.")
def function_publishing() -> None:
    """Let a function go live."""
    from moto.cloudfront import urls
    from moto.cloudfront.responses import CloudFrontResponse
    from moto.core.responses import ActionResult

    urls.url_paths["{0}/2020-05-31/function/(?P<function_name>[^/]+)/publish$"] = CloudFrontResponse.dispatch

    @add_to(CloudFrontResponse)
    def publish_function(self: Any) -> ActionResult:
        function = self.backend.describe_function(name=self._get_param("Name"))
        function.stage, function.status = "LIVE", "UNASSOCIATED"
        return ActionResult({"FunctionSummary": function.function_summary})


@mend("cloudfront", reason="Cache, origin-request and response-headers policies are absent.")
def policies() -> None:
    """Keep the three kinds of policies, which differ in their names only."""
    from moto.cloudfront import urls
    from moto.cloudfront.responses import CloudFrontResponse

    for kind in _KINDS:
        path = "{0}/2020-05-31/" + _dashed(kind)
        for suffix in ("$", "/(?P<policy_id>[^/]+)$", "/(?P<policy_id>[^/]+)/config$"):
            urls.url_paths[path + suffix] = CloudFrontResponse.dispatch
        _add_policy_methods(CloudFrontResponse, kind)


def _add_policy_methods(response: type, kind: str) -> None:
    from moto.core.exceptions import ServiceException
    from moto.core.responses import ActionResult, EmptyResult
    from moto.core.utils import utcnow

    name = _dashed(kind).replace("-", "_")

    class NoSuchPolicy(ServiceException):
        code = f"NoSuch{kind}"
        status_code = 404

        def __init__(self) -> None:
            super().__init__("The policy does not exist.")

    def kept(self: Any) -> dict[str, Any]:
        return store.values("cloudfront", self.current_account, "aws", f"{name}s")

    def find(self: Any) -> dict[str, Any]:
        found: dict[str, Any] | None = kept(self).get(self._get_param("Id"))
        if found is None:
            raise NoSuchPolicy
        return found

    def answer(policy: dict[str, Any]) -> ActionResult:
        return ActionResult({kind: policy, "ETag": policy["ETag"], "Location": policy["Location"]})

    def written(self: Any, identifier: str) -> ActionResult:
        kept(self)[identifier] = {
            "Id": identifier,
            "LastModifiedTime": utcnow(),
            f"{kind}Config": self._get_param(f"{kind}Config"),
            "ETag": "E" + uuid.uuid4().hex[:13].upper(),
            "Location": f"https://cloudfront.amazonaws.com/2020-05-31/{_dashed(kind)}/{identifier}",
        }
        return answer(kept(self)[identifier])

    def create(self: Any) -> ActionResult:
        return written(self, str(uuid.uuid4()))

    def get(self: Any) -> ActionResult:
        return answer(find(self))

    def get_config(self: Any) -> ActionResult:
        policy = find(self)
        return ActionResult({f"{kind}Config": policy[f"{kind}Config"], "ETag": policy["ETag"]})

    def update(self: Any) -> ActionResult:
        return written(self, find(self)["Id"])

    def delete(self: Any) -> EmptyResult:
        del kept(self)[find(self)["Id"]]
        return EmptyResult()

    methods = {
        f"create_{name}": create,
        f"get_{name}": get,
        f"get_{name}_config": get_config,
        f"update_{name}": update,
        f"delete_{name}": delete,
    }
    for method, function in methods.items():
        setattr(response, method, function)


def _dashed(kind: str) -> str:
    """CachePolicy → cache-policy."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in kind).lstrip("-")
