"""AWS CodeConnections, under its own name and under its older one, CodeStar Connections."""

from __future__ import annotations

import uuid
from typing import Any

from scripts.emulator.mends import services, store
from scripts.emulator.mends.mend import mend


@mend("codeconnections", reason="The service is absent; the pipelines take their source through it.")
def connections() -> None:
    """Keep connections, PENDING as they are until somebody authorises them in the console."""
    from moto.core.exceptions import JsonRESTError
    from moto.core.responses import ActionResult, BaseResponse, EmptyResult

    class ConnectionsResponse(BaseResponse):
        signing_name = ""

        def __init__(self) -> None:
            super().__init__(service_name=self.signing_name)
            self.automated_parameter_parsing = True

        def _connections(self) -> dict[str, Any]:
            return store.values("codeconnections", self.current_account, self.region, "connections")

        def _find(self, parameter: str) -> dict[str, Any]:
            arn = self._get_param(parameter)
            found: dict[str, Any] | None = self._connections().get(arn)
            if found is None:
                raise JsonRESTError("ResourceNotFoundException", f"Connection {arn} does not exist")
            return found

        def create_connection(self) -> ActionResult:
            arn = f"arn:aws:{self.signing_name}:{self.region}:{self.current_account}:connection/{uuid.uuid4()}"
            tags = self._get_param("Tags", [])
            self._connections()[arn] = {
                "ConnectionArn": arn,
                "ConnectionName": self._get_param("ConnectionName"),
                "ConnectionStatus": "PENDING",
                "OwnerAccountId": self.current_account,
                "ProviderType": self._get_param("ProviderType") or "GitHub",
                "Tags": {tag["Key"]: tag["Value"] for tag in tags},
            }
            return ActionResult({"ConnectionArn": arn, "Tags": tags})

        def get_connection(self) -> ActionResult:
            return ActionResult({"Connection": self._find("ConnectionArn")})

        def list_connections(self) -> ActionResult:
            return ActionResult({"Connections": list(self._connections().values())})

        def delete_connection(self) -> EmptyResult:
            del self._connections()[self._find("ConnectionArn")["ConnectionArn"]]
            return EmptyResult()

        def list_tags_for_resource(self) -> ActionResult:
            tags = self._find("ResourceArn")["Tags"]
            return ActionResult({"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]})

        def tag_resource(self) -> EmptyResult:
            tags = {tag["Key"]: tag["Value"] for tag in self._get_param("Tags", [])}
            self._find("ResourceArn")["Tags"].update(tags)
            return EmptyResult()

        def untag_resource(self) -> EmptyResult:
            for key in self._get_param("TagKeys", []):
                self._find("ResourceArn")["Tags"].pop(key, None)
            return EmptyResult()

    for name in ("codeconnections", "codestar-connections"):
        services.serve(name, type("Response", (ConnectionsResponse,), {"signing_name": name}))
