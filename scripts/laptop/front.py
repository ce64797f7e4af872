"""Serve the edge on one loopback port: `python -m scripts.laptop.front`, its configuration on standard input.

By the name that is asked for: a distribution (objects of its bucket, under its headers), the load balancer (the web
task), or under the loopback address AWS itself, as far as the caller's role permits. One JSON line a refusal or fault
goes to standard error.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import sys
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from scripts.laptop import door as doors
from scripts.laptop import edge as edges
from scripts.laptop import ports
from scripts.laptop.differences import LOOPBACK
from scripts.laptop.door import Caller, Door
from scripts.laptop.edge import Behaviour, Distribution, Edge, Health, LoadBalancer

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_FROM_BUCKET = ("Content-Type", "ETag", "Last-Modified", "Cache-Control", "Content-Encoding", "Content-Range")
_TO_BUCKET = ("If-None-Match", "If-Modified-Since", "Range")
_FIRST_HEALTH_SECONDS = 0.5
_CHUNK = 65_536


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What the front serves: the edge, the door to AWS, where AWS answers, and the site to send lost people to."""

    port: int
    ready_file: Path
    aws: str
    home: str
    edge: Edge
    door: Door

    def document(self) -> str:
        """Write it for `parse`."""
        return json.dumps({**asdict(self), "ready_file": str(self.ready_file)})

    @classmethod
    def parse(cls, text: str) -> Configuration:
        """Read what `document` wrote."""
        raw = json.loads(text)
        edge, door = raw["edge"], raw["door"]
        return cls(
            port=raw["port"],
            ready_file=Path(raw["ready_file"]),
            aws=raw["aws"],
            home=raw["home"],
            edge=Edge(
                distributions={
                    host: Distribution(
                        **{**item, "behaviours": tuple(Behaviour(**behaviour) for behaviour in item["behaviours"])}
                    )
                    for host, item in edge["distributions"].items()
                },
                load_balancers={
                    host: LoadBalancer(**{**item, "health": Health(**item["health"])})
                    for host, item in edge["load_balancers"].items()
                },
                cors=edge["cors"],
            ),
            door=Door(
                account_id=door["account_id"],
                callers={key: Caller(**item) for key, item in door["callers"].items()},
                keys=door["keys"],
            ),
        )


class Target:
    """The load balancer's view of its one target."""

    def __init__(self, balancer: LoadBalancer) -> None:
        self._balancer = balancer
        self.state = "initial"

    async def watch(self, session: aiohttp.ClientSession) -> None:
        """Ask for its health for ever: the first success lets traffic in, later changes need several in a row."""
        health, good, bad = self._balancer.health, 0, 0
        url = f"http://{self._balancer.target}{health.path}"
        while True:
            limit = aiohttp.ClientTimeout(total=health.timeout_seconds)
            reason = ""
            try:
                async with session.get(url, timeout=limit, headers={"User-Agent": "ELB-HealthChecker/2.0"}) as answer:
                    if not health.accepts(answer.status):
                        reason = f"it answers {answer.status}"
            except (TimeoutError, aiohttp.ClientError) as error:
                reason = str(error) or type(error).__name__
            good, bad = (0, bad + 1) if reason else (good + 1, 0)
            if good and (self.state == "initial" or (self.state == "unhealthy" and good >= health.healthy_after)):
                self._become("healthy", "")
            elif bad >= health.unhealthy_after and self.state == "healthy":
                self._become("unhealthy", reason)
            await asyncio.sleep(_FIRST_HEALTH_SECONDS if self.state == "initial" else health.interval_seconds)

    def _become(self, state: str, reason: str) -> None:
        self.state = state
        _log("WARNING" if reason else "INFO", f"The target is {state}{': ' + reason if reason else ''}")


class Front:
    """Answer every request."""

    def __init__(self, configuration: Configuration, session: aiohttp.ClientSession) -> None:
        self._configuration = configuration
        self._session = session
        self.targets = {host: Target(item) for host, item in configuration.edge.load_balancers.items()}

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request by its Host."""
        host, edge = edges.host_name(request.headers.get("Host", "")), self._configuration.edge
        if host in edge.distributions:
            return await self._distribution(request, edge.distributions[host])
        if host in edge.load_balancers:
            return await self._load_balancer(request, host, edge.load_balancers[host])
        if host in {LOOPBACK, "localhost", "[::1]"}:
            return await self._aws(request)
        known = ", ".join(sorted([*edge.distributions, *edge.load_balancers]))
        return _text(HTTPStatus.NOT_FOUND, f"Nothing here is called {host}; there are {known}.")

    # ---- CloudFront

    async def _distribution(self, request: web.BaseRequest, distribution: Distribution) -> web.StreamResponse:
        behaviour = distribution.behaviour(request.path)
        headers: CIMultiDict[str] = CIMultiDict(behaviour.headers)
        origin = request.headers.get("Origin", "")
        if origin in behaviour.cors_origins:
            headers["Access-Control-Allow-Origin"] = origin
            headers["Vary"] = "Origin"
        if request.method not in behaviour.methods:
            return _text(HTTPStatus.FORBIDDEN, f"This distribution takes no {request.method}.", headers)
        if not distribution.readable:
            sentence = f"The policy of the bucket {distribution.bucket} does not let this distribution read it."
            _log("ERROR", sentence)
            return _text(HTTPStatus.FORBIDDEN, sentence, headers)
        if request.method == "OPTIONS":
            return web.Response(headers=headers)
        key = distribution.key(request.path)
        asking = {name: request.headers[name] for name in _TO_BUCKET if name in request.headers}
        async with self._bucket(request.method, distribution.bucket, key, asking) as found:
            status = found.status
            if status == HTTPStatus.NOT_FOUND and not distribution.listable:
                status = HTTPStatus.FORBIDDEN
            for name in _FROM_BUCKET:
                if name in found.headers:
                    headers.setdefault(name, found.headers[name])
            if request.method == "HEAD" and "Content-Length" in found.headers:
                headers["Content-Length"] = found.headers["Content-Length"]
            body = await found.read()
        return web.Response(status=status, headers=headers, body=None if request.method == "HEAD" else body)

    @contextlib.asynccontextmanager
    async def _bucket(
        self, method: str, bucket: str, key: str, headers: Mapping[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        from yarl import URL

        url = URL(f"{self._configuration.aws}/{bucket}").joinpath(*key.split("/"))
        # The embedded AWS gives private objects to whoever shows a signature, and checks none.
        signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=cloudfront/20260101/eu-west-1/s3/aws4_request"}
        async with self._session.request(method, url, headers={**headers, **signed}) as answer:
            yield answer

    # ---- the load balancer

    async def _load_balancer(self, request: web.BaseRequest, host: str, balancer: LoadBalancer) -> web.StreamResponse:
        if self.targets[host].state == "initial":
            return _text(HTTPStatus.SERVICE_UNAVAILABLE, "The web task is starting.")
        headers = _forwarded(request)
        peer = request.remote or LOOPBACK
        claimed = request.headers.get("X-Forwarded-For")
        headers["X-Forwarded-For"] = f"{claimed}, {peer}" if claimed else peer
        headers["X-Forwarded-Proto"] = "http"
        headers["X-Forwarded-Port"] = str(self._configuration.port)
        headers.setdefault("X-Amzn-Trace-Id", f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}")
        try:
            return await self._pass_on(
                request, f"http://{balancer.target}", headers, idle_seconds=balancer.idle_seconds
            )
        except TimeoutError:
            return _text(HTTPStatus.GATEWAY_TIMEOUT, "The web task did not answer in time.")
        except aiohttp.ClientError as error:
            _log("ERROR", f"{request.method} {request.path}: the web task can't be reached: {error}")
            return _text(HTTPStatus.BAD_GATEWAY, "The web task can't be reached.")

    # ---- AWS

    async def _aws(self, request: web.BaseRequest) -> web.StreamResponse:
        bucket = request.path.lstrip("/").split("/", 1)[0]
        origin = request.headers.get("Origin", "")
        rules = self._configuration.edge.cors.get(bucket, [])
        if request.method == "OPTIONS":
            wanted = request.headers.get("Access-Control-Request-Headers", "")
            method = request.headers.get("Access-Control-Request-Method", "")
            allowed = edges.cors_headers(rules, origin, method, wanted)
            if allowed is None:
                _log("ERROR", f"No CORS rule of {bucket} lets {origin} use {method} with {wanted or 'no'} headers.")
                return _text(HTTPStatus.FORBIDDEN, "CORSResponse: This CORS request is not allowed.")
            return web.Response(headers=allowed)
        if request.path == "/" and "text/html" in request.headers.get("Accept", ""):
            raise web.HTTPFound(self._configuration.home)
        headers = edges.cors_headers(rules, origin, request.method) if origin else None
        call = doors.read(
            request.method,
            request.raw_path,
            {name.lower(): value for name, value in request.headers.items()},
            await request.content.read(),
        )
        asked = doors.asked(call, self._configuration.door.account_id)
        refusal = self._configuration.door.refusal(call, asked)
        if refusal is not None:
            _log("ERROR", refusal)
            kind, body = doors.denial(call, refusal)
            status = HTTPStatus.FORBIDDEN if "json" not in kind else HTTPStatus.BAD_REQUEST
            return web.Response(status=status, content_type=kind, body=body, headers=headers)
        try:
            answer = await self._pass_on(
                request,
                self._configuration.aws,
                _forwarded(request),
                body=call.body,
                cors=headers or {},
                strip_cors=True,
            )
        except aiohttp.ClientError as error:
            _log("ERROR", f"The embedded AWS can't be reached: {error}")
            return _text(HTTPStatus.SERVICE_UNAVAILABLE, "The embedded AWS can't be reached.")
        return answer

    async def _pass_on(
        self,
        request: web.BaseRequest,
        origin: str,
        headers: CIMultiDict[str],
        *,
        body: bytes | None = None,
        idle_seconds: int | None = None,
        cors: Mapping[str, str] | None = None,
        strip_cors: bool = False,
    ) -> web.StreamResponse:
        """Pass a request on and its answer back as it comes."""
        from yarl import URL

        data: Any = body if body is not None else (request.content if request.body_exists else None)
        async with self._session.request(
            request.method,
            URL(origin + request.raw_path, encoded=True),
            headers=headers,
            data=data,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_read=idle_seconds),
        ) as found:
            answer = web.StreamResponse(status=found.status, reason=found.reason)
            for name, value in found.headers.items():
                if name.lower() in _HOP_BY_HOP or (strip_cors and name.lower().startswith("access-control-")):
                    continue
                answer.headers.add(name, value)
            answer.headers.update(cors or {})
            await answer.prepare(request)
            try:
                async for chunk in found.content.iter_chunked(_CHUNK):
                    await answer.write(chunk)
                await answer.write_eof()
            except ConnectionResetError:
                pass  # whoever asked has gone
            except aiohttp.ClientError as error:
                # The status is sent already: only a cut connection tells the client that this is not all.
                _log("ERROR", f"{request.method} {request.path}: the answer broke off: {error}")
                if request.transport is not None:
                    request.transport.close()
            return answer


def _forwarded(request: web.BaseRequest) -> CIMultiDict[str]:
    named = {name.strip().lower() for name in request.headers.get("Connection", "").split(",")}
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in request.headers.items():
        if name.lower() not in _HOP_BY_HOP | named and name.lower() != "expect":
            headers.add(name, value)
    return headers


def _text(status: HTTPStatus, sentence: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=f"{sentence}\n", headers=headers)


def _log(level: str, message: str) -> None:
    sys.stderr.write(json.dumps({"level": level, "logger": "front", "message": message}) + "\n")
    sys.stderr.flush()


async def serve(configuration: Configuration) -> None:
    """Serve until SIGTERM, on IPv4 and where there is one on IPv6 loopback: browsers try both for *.localhost."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
    )
    async with session:
        front = Front(configuration, session)
        runner = web.ServerRunner(web.Server(front.answer, access_log=None), handle_signals=False)
        await runner.setup()
        await web.TCPSite(runner, LOOPBACK, configuration.port).start()
        if ports.has_ipv6():
            await web.TCPSite(runner, "::1", configuration.port).start()
        watching = [asyncio.create_task(target.watch(session)) for target in front.targets.values()]
        configuration.ready_file.write_text(str(configuration.port))
        await ended.wait()
        for task in watching:
            task.cancel()
        await runner.cleanup()


def main() -> int:
    """Run the front with the configuration on standard input."""
    configuration = Configuration.parse(sys.stdin.read())
    try:
        asyncio.run(serve(configuration))
    except OSError as error:
        _log("ERROR", f"The port {configuration.port} can't be used: {re.sub(r' while attempting.*', '', str(error))}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
