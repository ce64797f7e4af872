"""Translate the CBOR protocol that newer botocore prefers for some services into the JSON that moto speaks.

CloudWatch, CodeBuild, CodeConnections, CodePipeline and the tagging API are asked this way by boto3 (Terraform's Go
SDK asks them in JSON or query). Smithy RPC v2 CBOR: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

from __future__ import annotations

import io
import json
import struct
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_ARRAY, _MAP, _TEXT, _BYTES, _TAG = 4, 5, 3, 2, 6
_BYTE, _SHORT, _LONG = 24, 0x100, 0x10000


@dataclass(frozen=True, kw_only=True)
class Call:
    """What was asked in CBOR, for the way back."""

    operation: str


def as_json(environ: WSGIEnvironment) -> Call | None:
    """Rewrite a CBOR request in place as a JSON one; None where it is none."""
    parts = environ["PATH_INFO"].strip("/").split("/")
    if environ.get("HTTP_SMITHY_PROTOCOL") != "rpc-v2-cbor" or len(parts) != 4:  # /service/S/operation/O
        return None
    from botocore.parsers import RpcV2CBORParser

    body = environ["wsgi.input"].getvalue()
    asked = RpcV2CBORParser().parse_data_item(io.BufferedReader(io.BytesIO(body))) if body else {}
    plain = json.dumps(asked, default=_plain).encode()
    environ.update(
        {
            "PATH_INFO": "/",
            "REQUEST_URI": "/",
            "RAW_URI": "/",
            "CONTENT_TYPE": "application/x-amz-json-1.1",
            "CONTENT_LENGTH": str(len(plain)),
            "HTTP_X_AMZ_TARGET": f"{parts[1]}.{parts[3]}",
            "wsgi.input": io.BytesIO(plain),
        }
    )
    return Call(operation=parts[3])


def from_json(call: Call, service: str, status: int, body: bytes) -> bytes:
    """Return the JSON answer in CBOR, with the types (times, bytes) that the operation's shape says."""
    if status >= 300:
        return encode(json.loads(body or b"{}"))
    from botocore.parsers import create_parser
    from moto.core.utils import get_service_model

    shape = get_service_model(_MODELS.get(service, service)).operation_model(call.operation).output_shape
    if shape is None:
        return encode({})
    answer = {"status_code": status, "headers": {}, "body": body or b"{}"}
    document: dict[str, Any] = create_parser("json").parse(answer, shape)
    document.pop("ResponseMetadata", None)
    return encode(document)


_MODELS = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi"}
"""Signing names that differ from botocore's names of the same services."""


def headers(sent: list[tuple[str, str]], length: int) -> list[tuple[str, str]]:
    """Return an answer's headers for its CBOR form."""
    kept = [(name, value) for name, value in sent if name.lower() not in {"content-type", "content-length"}]
    return [
        *kept,
        ("Content-Type", "application/cbor"),
        ("Content-Length", str(length)),
        ("smithy-protocol", "rpc-v2-cbor"),
    ]


def encode(value: object) -> bytes:
    """Encode plain data in CBOR (RFC 8949), times as tag 1 (seconds since the epoch)."""
    match value:
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case float():
            return b"\xfb" + struct.pack(">d", value)
        case str():
            text = value.encode()
            return _head(_TEXT, len(text)) + text
        case bytes():
            return _head(_BYTES, len(value)) + value
        case datetime():
            return _head(_TAG, 1) + encode(value.timestamp())
        case list():
            return _head(_ARRAY, len(value)) + b"".join(map(encode, value))
        case dict():
            pairs = b"".join(encode(str(key)) + encode(item) for key, item in value.items())
            return _head(_MAP, len(value)) + pairs
    raise TypeError(f"CBOR has no {type(value).__name__} here")


def _head(major: int, number: int) -> bytes:
    if number < _BYTE:
        return bytes([major << 5 | number])
    if number < _SHORT:
        return bytes([major << 5 | 24, number])
    if number < _LONG:
        return bytes([major << 5 | 25]) + struct.pack(">H", number)
    if number < 1 << 32:
        return bytes([major << 5 | 26]) + struct.pack(">I", number)
    return bytes([major << 5 | 27]) + struct.pack(">Q", number)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        import base64

        return base64.b64encode(value).decode()
    raise TypeError(type(value).__name__)
