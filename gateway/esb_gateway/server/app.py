"""The public side: what surrounds a Gateway, the Starlette application around it, and the listener.

`application` is the plain way to it (reference and fallback of fastpath.py), `bind` opens the port and `listening`
answers on it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from functools import cache, partial
from typing import Any, TypeAlias, cast

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from esb_gateway.apis.auth.auth_context import AuthContext, TokenHandler
from esb_gateway.dependencies import Dependencies, Readiness
from esb_gateway.descriptors import room_for_clients
from esb_gateway.errors import ConfigurationError
from esb_gateway.identifiers import Identifiers
from esb_gateway.logs import Log
from esb_gateway.server.fastpath import RAW_HEADERS, GatewayProtocol
from esb_gateway.server.gateway import Gateway
from esb_gateway.server.limits import DEFAULT_PATIENCE, Door, Patience
from esb_gateway.settings import Settings
from esb_gateway.telemetry import Telemetry
from esb_wire.http.body_stream import BodyStream
from esb_wire.http.messages import MAX_BODY, Request, Response, lower, wire_headers
from esb_wire.sigv4 import Credentials, Verifier

Message: TypeAlias = MutableMapping[str, Any]

_HANDSHAKE = 10  # seconds that one of TLS may take
_BUSY_LOOK = 0.02  # seconds from look to look, while a drain waits


def surround(settings: Settings, log: Log, readiness: Readiness) -> Dependencies:
    """The dependencies of a gateway in production; needs a running event loop."""
    verify = None
    if settings.auth:
        verify = Verifier(Credentials(settings.access_key, settings.secret_key), time.time)
    else:
        log("gateway", "WARN", {"message": "ESB_AUTH=off: the Invoke API answers everyone, signed or not."})
    return Dependencies(
        call_later=asyncio.get_running_loop().call_later,
        identifiers=Identifiers(os.urandom),
        verify=verify,
        telemetry=Telemetry(log, time.time, settings.access_log),
        readiness=readiness,
        auth=AuthContext(
            verify_call=_call_verifier(settings),
            secret=settings.runtime_secret,
            open_tokens=cache(partial(_open_tokens, settings, log)),
        ),
    )


def _call_verifier(settings: Settings) -> Verifier | None:
    """Verifies requests to AWS_IAM routes, also with ESB_AUTH=off: that is for the Invoke API."""
    if not (settings.access_key and settings.secret_key):
        return None
    return Verifier(Credentials(settings.access_key, settings.secret_key), time.time, service="execute-api")


def _open_tokens(settings: Settings, log: Log) -> TokenHandler:
    # PyJWT and cryptography: 0.11 s of CPU and 8 MB, only for a gateway that has a route with a token authorizer.
    from esb_gateway.apis.auth import key_finder, token_authorizers  # noqa: PLC0415

    secret, folder = settings.runtime_secret, settings.jwks_dir or settings.config_dir / "jwks"
    finder = key_finder.KeyFinder(secret, partial(key_finder.load_keys_in_thread, folder), time.monotonic, log)
    return token_authorizers.TokenAuthorizerHandler(finder, time.time, secret)


def application(gateway: Gateway) -> Starlette:
    """The gateway as an ASGI application."""
    endpoint = _Endpoint(gateway)
    routes = [
        Route("/_esb/{name}", endpoint),
        Route("/2015-03-31/functions/{name}/invocations", endpoint),
        Route("/{path:path}", endpoint),
    ]
    plain = Starlette(routes=routes)
    plain.router.default = endpoint  # `OPTIONS *`, whose target is no path
    return plain


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 is any free one. Clients that connect now wait until `listening`.

    Raises ConfigurationError when the port cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]  # the address stands before it already
        raise ConfigurationError(
            f"{host}:{port}: cannot listen there ({reason}); choose another port, or 0 for any free one."
        ) from error
    listener.setblocking(False)
    return listener


def url_of(host: str, listener: socket.socket, scheme: str = "http") -> str:
    """The listener's URL, with the port that it really has."""
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{listener.getsockname()[1]}"


@asynccontextmanager
async def listening(  # noqa: PLR0913 - all but the first two are said by their names
    gateway: Gateway,
    listener: socket.socket,
    *,
    fast: bool = True,
    grace: int = 2,
    patience: Patience = DEFAULT_PATIENCE,
    tls: ssl.SSLContext | None = None,
    plain: socket.socket | None = None,
) -> AsyncIterator[Listening]:
    """Answer on a bound socket while the block runs, and close it; with `tls`, on `plain` too, without it.

    Requests in flight at the end get `grace` seconds.
    """
    config = uvicorn.Config(
        application(gateway),
        http=cast("type[asyncio.Protocol]", GatewayProtocol),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=cast("int", patience.idle),
        timeout_graceful_shutdown=grace,
    )
    doors = [(listener, tls)] if plain is None else [(listener, tls), (plain, None)]
    server = Listening(config, partial(GatewayProtocol, gateway), doors, Door(_possible(patience), fast=fast))
    sockets = [bound for bound, _ in doors]
    serving = asyncio.create_task(server.serve(sockets))
    try:
        await server.up.wait()
        yield server
    finally:
        server.leave()
        await serving


def _possible(patience: Patience) -> Patience:
    return replace(patience, connections=min(patience.connections, room_for_clients()))


class Listening(uvicorn.Server):
    """uvicorn's server without its signal handlers, which belong to the program and not to a listener."""

    def __init__(
        self,
        config: uvicorn.Config,
        protocol: Callable[..., GatewayProtocol],
        doors: Sequence[tuple[socket.socket, ssl.SSLContext | None]],
        door: Door,
    ) -> None:
        super().__init__(config)
        self._protocol = protocol
        self._doors = doors
        self._door = door
        self.up = asyncio.Event()
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        """End `serve`."""
        self.should_exit = True
        self._leaving.set()

    async def drain(self, seconds: float) -> None:
        """Accept no more connections, and wait until every request has its answer, but no longer than so many seconds.

        Connections that are open stay, and their requests are answered: as the last ones.
        """
        self._door.draining = True
        for server in self.servers:
            server.close()
        for connection in self._connections():
            connection.drain()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while any(connection.busy for connection in self._connections()) and loop.time() < deadline:
            await asyncio.sleep(_BUSY_LOOK)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - it knows them
        """Listen; uvicorn's own would do so on all sockets alike."""
        loop = asyncio.get_running_loop()

        def make() -> GatewayProtocol:
            return self._protocol(self._door, self.config, self.server_state, {}, loop)

        self.servers = [
            await loop.create_server(
                make, sock=bound, ssl=tls, ssl_handshake_timeout=None if tls is None else _HANDSHAKE, backlog=2048
            )
            for bound, tls in self._doors
        ]
        self.started = True
        self.up.set()

    async def main_loop(self) -> None:
        """Once a second; uvicorn's wakes up ten times as often, to see whether it should exit."""
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), 1)

    async def on_tick(self, counter: int) -> bool:
        """As uvicorn's when its counter is 0, which sets the date; and each client is looked at."""
        now = asyncio.get_running_loop().time()
        for connection in self._connections():
            connection.look(now)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let requests end, then cut what is left: clients that do not read their answers."""
        await super().shutdown(sockets)
        for connection in self._connections():
            connection.transport.abort()

    def _connections(self) -> list[GatewayProtocol]:
        return cast("list[GatewayProtocol]", list(self.server_state.connections))


class _Endpoint:
    """An ASGI application that waits for the gateway's one call of `respond`."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = await _body(receive)
        if received is None:
            return
        body, too_large = received
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._gateway.handle(_request(scope, body, too_large=too_large), answer.set_result)
        response = await answer
        headers = wire_headers(response)
        if too_large:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        if response.stream is None:
            await send({"type": "http.response.body", "body": response.body})
        else:
            await _send_parts(response.stream, send)


async def _send_parts(stream: BodyStream, send: Send) -> None:
    """Send a streamed body; the function waits while a part does. One that breaks off is left without its end."""
    parts = _Parts(stream)
    stream.attach(parts)
    while part := await parts.next():
        await send({"type": "http.response.body", "body": part, "more_body": True})
    stream.detach()
    if part is not None:
        await send({"type": "http.response.body", "body": b""})


class _Parts:
    """A BodyWriter to wait for."""

    def __init__(self, stream: BodyStream) -> None:
        self._stream = stream
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def next(self) -> bytes | None:
        """The next part; nothing at the end, None if it broke off."""
        if self._queue.empty():
            self._stream.resume()
        return await self._queue.get()

    def write(self, data: bytes) -> None:
        self._queue.put_nowait(data)
        self._stream.pause()

    def end(self) -> None:
        self._queue.put_nowait(b"")

    def abort(self) -> None:
        self._queue.put_nowait(None)


async def _body(receive: Receive) -> tuple[bytes, bool] | None:
    """The body, and whether it was too large to be kept; None: the client left before its end."""
    body, size = bytearray(), 0
    while True:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY:
            body.clear()
        else:
            body += chunk
        if not message.get("more_body", False):
            return bytes(body), size > MAX_BODY


def _request(scope: Scope, body: bytes, *, too_large: bool) -> Request:
    raw = scope.get(RAW_HEADERS, scope["headers"])
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw)
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("ascii"),
        query=scope["query_string"].decode("ascii"),
        headers=headers,
        lowered=lower(headers),
        body=body,
        client=scope["client"][0] if scope.get("client") else "",
        protocol=f"HTTP/{scope['http_version']}",
        scheme=scope.get("scheme", "http"),
        too_large=too_large,
    )
