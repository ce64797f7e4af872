"""Ask an emulator: by boto3, or in the very words of Terraform's SDK where boto3 uses others."""

from __future__ import annotations

import json
import urllib.request
from typing import Any
from urllib.parse import urlencode

import boto3
from botocore.config import Config

REGION = "eu-west-1"

# S310: the address is always http://127.0.0.1.


class Asking:
    """One endpoint, asked without retries: a gap is seen at the first answer."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service, made once."""
        if service not in self._clients:
            session = boto3.session.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name=REGION)
            config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
            make: Any = session.client  # its overloads want a literal
            self._clients[service] = make(service, endpoint_url=self.endpoint, config=config)
        return self._clients[service]

    def json(self, service: str, target: str, **parameters: object) -> Any:
        """Ask in JSON 1.1, as the Go SDK does where boto3 uses CBOR."""
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
        return json.loads(self._post(service, headers, json.dumps(parameters).encode()) or "{}")

    def query(self, service: str, action: str, **parameters: str) -> str:
        """Ask by a form, as the Go SDK asks CloudWatch; the answer is XML."""
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        return self._post(service, headers, urlencode({"Action": action} | parameters).encode())

    def get(self, service: str, path: str) -> Any:
        """Get a path and return its JSON."""
        return json.loads(self._send(urllib.request.Request(self.endpoint + path, headers=_signed(service))))  # noqa: S310

    def _post(self, service: str, headers: dict[str, str], body: bytes) -> str:
        return self._send(urllib.request.Request(self.endpoint + "/", data=body, headers=headers | _signed(service)))  # noqa: S310

    def _send(self, request: urllib.request.Request) -> str:
        with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
            return str(response.read(), "utf-8")


def _signed(service: str) -> dict[str, str]:
    scope = f"x/20260101/{REGION}/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}
