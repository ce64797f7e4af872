"""Let a task do on AWS what its role may do, and nothing else. Pure: a request in, the permissions that it takes out.

The embedded AWS asks nobody for permissions. The tasks reach it through the laptop's edge, which asks here; so what
Terraform forgot to permit fails on the laptop as it would in AWS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from scripts.laptop import policy

_CREDENTIAL = re.compile(r"Credential=([^/\s]+)/\d{8}/([\w-]+)/([\w-]+)/aws4_request")
_FIELD = r'name="{name}"\r\n(?:[\w-]+:[^\r\n]*\r\n)*\r\n([^\r\n]*)\r\n'
_S3_OBJECT = {
    "GET": "s3:GetObject",
    "HEAD": "s3:GetObject",
    "PUT": "s3:PutObject",
    "POST": "s3:PutObject",
    "DELETE": "s3:DeleteObject",
}
_S3_BUCKET = {"GET": "s3:ListBucket", "HEAD": "s3:ListBucket", "PUT": "s3:CreateBucket", "DELETE": "s3:DeleteBucket"}
# What the service does with the key of an encrypted resource on the caller's behalf, as their guides say:
# AmazonS3/latest/userguide/UsingKMSEncryption.html, AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html,
# secretsmanager/latest/userguide/security-encryption.html.
_WITH_KEY = {
    "s3:GetObject": ("kms:Decrypt",),
    "s3:PutObject": ("kms:GenerateDataKey",),
    "sqs:SendMessage": ("kms:GenerateDataKey", "kms:Decrypt"),
    "sqs:ReceiveMessage": ("kms:Decrypt",),
    "secretsmanager:GetSecretValue": ("kms:Decrypt",),
}


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A task with the credentials of its role."""

    task: str
    role: str
    token: str = field(repr=False)
    policies: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody asks of AWS: service, action, resource (None where the request does not tell)."""

    service: str
    region: str
    action: str
    resource: str | None
    bucket: str | None = field(default=None)


@dataclass(frozen=True, kw_only=True)
class Door:
    """Who may come in: the callers by access key, and the keys of encrypted resources by their ARN."""

    account_id: str
    callers: Mapping[str, Caller]
    keys: Mapping[str, str]

    def refusal(self, call: Call, asked: Asked) -> str | None:
        """Return AWS's sentence for what is not allowed, None for what is."""
        caller = self.callers.get(call.access_key)
        if caller is None:
            return f"The access key {call.access_key or '(none)'} belongs to no task of this run."
        if call.token != caller.token:
            return f"The request of {caller.task} carries no session token, or another's; those of a role need it."
        for action, resource, context in self._needed(asked):
            request = policy.Request(action=action, resource=resource, context=context)
            if not policy.allows(caller.policies, request):
                return (
                    f"The task role {caller.role} is not authorized to perform {action} on {resource or 'any resource'}"
                    " (permissions: terraform/stack/permissions.tf)."
                )
        return None

    def may_list(self, call: Call, bucket: str) -> bool:
        """Say whether S3 would tell the caller that an object is missing; else it says that access is denied."""
        caller = self.callers.get(call.access_key)
        request = policy.Request(action="s3:ListBucket", resource=f"arn:aws:s3:::{bucket}")
        return caller is not None and policy.allows(caller.policies, request)

    def _needed(self, asked: Asked) -> Iterator[tuple[str, str | None, policy.Context]]:
        yield asked.action, asked.resource, {"aws:SecureTransport": "true"}
        owner = asked.resource if asked.bucket is None else f"arn:aws:s3:::{asked.bucket}"
        key = self.keys.get(owner or "")
        if key is not None:
            for action in _WITH_KEY.get(asked.action, ()):
                yield action, key, {"kms:ViaService": f"{asked.service}.{asked.region}.amazonaws.com"}


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request for AWS with the credentials that it shows, wherever it shows them."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    access_key: str
    token: str
    region: str
    service: str


def read(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Call:
    """Read a request; header names are lower-case. The credentials are in a header, in the address or in a form."""
    parts = urlsplit(target)
    query = parse_qs(parts.query, keep_blank_values=True)
    scope, token = headers.get("authorization", ""), headers.get("x-amz-security-token", "")
    if "X-Amz-Credential" in query:
        scope = f"Credential={query['X-Amz-Credential'][0]}"
        token = query.get("X-Amz-Security-Token", [""])[0]
    elif headers.get("content-type", "").startswith("multipart/form-data"):
        # The fields come before the file, and S3 allows them 20 KB.
        form = body[:20_000].decode("latin-1")
        scope = f"Credential={_form_field(form, 'x-amz-credential')}"
        token = _form_field(form, "x-amz-security-token")
    found = _CREDENTIAL.search(scope)
    return Call(
        method=method,
        path=unquote(parts.path),
        query=query,
        headers=headers,
        body=body,
        access_key=found[1] if found else "",
        token=token,
        region=found[2] if found else "",
        service=found[3] if found else "s3",
    )


def asked(call: Call, account_id: str) -> Asked:
    """Return the action and the resource of a request."""
    if call.service == "s3":
        return _asked_of_s3(call)
    parameters = _parameters(call)
    operation = call.headers.get("x-amz-target", "").rsplit(".", 1)[-1] or str(parameters.get("Action", ""))
    resource: str | None = None
    if call.service == "sqs":
        queue = urlsplit(str(parameters.get("QueueUrl") or call.path)).path.rsplit("/", 1)[-1]
        resource = f"arn:aws:sqs:{call.region}:{account_id}:{queue}" if queue else None
    elif call.service == "secretsmanager":
        resource = str(parameters.get("SecretId", "")) or None
        if resource is not None and not resource.startswith("arn:"):
            resource = f"arn:aws:secretsmanager:{call.region}:{account_id}:secret:{resource}-??????"
    # Batches are permitted with the single action.
    action = f"{call.service}:{operation.removesuffix('Batch')}"
    return Asked(service=call.service, region=call.region, action=action, resource=resource)


def _asked_of_s3(call: Call) -> Asked:
    bucket, _, key = call.path.lstrip("/").partition("/")
    if not key and call.method == "POST":
        form = call.body[:20_000].decode("latin-1")
        key = _form_field(form, "key")
        action = "s3:DeleteObject" if "delete" in call.query else "s3:PutObject"
        key = key or "*"
    elif key:
        action = _S3_OBJECT.get(call.method, f"s3:{call.method}")
    else:
        action = _S3_BUCKET.get(call.method, f"s3:{call.method}")
    resource = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
    return Asked(service="s3", region=call.region, action=action, resource=resource, bucket=bucket if key else None)


def _parameters(call: Call) -> Mapping[str, Any]:
    if "json" in call.headers.get("content-type", ""):
        try:
            found: Mapping[str, Any] = json.loads(call.body or b"{}")
        except ValueError:
            return {}
        return found
    return {name: values[0] for name, values in {**call.query, **parse_qs(call.body.decode("latin-1"))}.items()}


def _form_field(form: str, name: str) -> str:
    found = re.search(_FIELD.format(name=re.escape(name)), form, re.IGNORECASE)
    return found[1] if found else ""


def denial(call: Call, sentence: str) -> tuple[str, bytes]:
    """Return the content type and the body with which the service says no."""
    if "json" in call.headers.get("content-type", ""):
        document = {"__type": "AccessDeniedException", "Message": sentence, "message": sentence}
        return "application/x-amz-json-1.0", json.dumps(document).encode()
    from xml.sax.saxutils import escape

    error = f"<Error><Code>AccessDenied</Code><Message>{escape(sentence)}</Message></Error>"
    body = error if call.service == "s3" else f"<ErrorResponse>{error}</ErrorResponse>"
    return "application/xml", f'<?xml version="1.0" encoding="UTF-8"?>{body}'.encode()
