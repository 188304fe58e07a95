"""An HTTP listener: `sockets.bind` opens a port, `listening` answers on it by calling a handler."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from esb_wire.http.connection import Connection, ListenerState
from esb_wire.http.limits import DEFAULT_LIMITS, ConnectionLimits
from esb_wire.http.messages import BodyLimit, Handler, any_body
from esb_wire.http.sockets import max_clients

_BACKLOG = 2048
_HANDSHAKE_TIMEOUT = 10  # seconds, of TLS
_CHECK_INTERVAL = 1.0  # seconds
_POLL_INTERVAL = 0.02  # seconds, during a wait


@asynccontextmanager
async def listening(  # noqa: PLR0913 - all but the first two by their names
    handle: Handler,
    listener: socket.socket,
    *,
    grace: float = 2,
    limits: ConnectionLimits = DEFAULT_LIMITS,
    body_limit: BodyLimit = any_body,
    tls: ssl.SSLContext | None = None,
    plain: socket.socket | None = None,
    connection: type[Connection] = Connection,
) -> AsyncIterator[Listener]:
    """Serve a bound socket while the block runs, then close it; `plain` is served, too, without TLS.

    At the end, requests in flight have `grace` seconds to finish. `connection` is the class of connections. Fewer than
    in `limits` are allowed if the system allows fewer.
    """
    limits = replace(limits, connections=min(limits.connections, max_clients()))
    endpoints = [(listener, tls)] if plain is None else [(listener, tls), (plain, None)]
    running = Listener(ListenerState(handle, limits, body_limit), connection)
    await running.start(endpoints)
    try:
        yield running
    finally:
        await running.stop(grace)


class Listener:
    """Accepts connections, checks them once a second, and ends them."""

    def __init__(self, state: ListenerState, connection: type[Connection] = Connection) -> None:
        self._state = state
        self._connection = connection
        self._servers: list[asyncio.Server] = []

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return len(self._state.connections)

    @property
    def held(self) -> int:
        """The counted bytes of bodies that no handler has received yet."""
        return self._state.bodies.total

    @property
    def is_busy(self) -> bool:
        """Whether a request is being received or answered."""
        return any(connection.is_busy for connection in self._state.connections)

    async def start(self, endpoints: list[tuple[socket.socket, ssl.SSLContext | None]]) -> None:
        """Accept connections on each socket, with TLS if there is a context for it."""
        loop = asyncio.get_running_loop()
        for bound, tls in endpoints:
            timeout = None if tls is None else _HANDSHAKE_TIMEOUT
            make = partial(self._connection, self._state)
            server = await loop.create_server(
                make, sock=bound, ssl=tls, ssl_handshake_timeout=timeout, backlog=_BACKLOG
            )
            self._servers.append(server)
        self._tick()

    async def drain(self, seconds: float) -> None:
        """Accept no more connections, and wait until every request is answered, but no longer than this.

        Open connections stay open for one more response each.
        """
        self._state.draining = True
        for server in self._servers:
            server.close()
        await self._wait(lambda: self.is_busy, seconds)

    async def stop(self, grace: float) -> None:
        """Accept no more connections; requests have `grace` seconds to finish, then close all connections."""
        await self.drain(0)
        for connection in list(self._state.connections):
            connection.shut_down()
        await self._wait(lambda: bool(self._state.connections), grace)
        for connection in list(self._state.connections):
            connection.drop()
        await self._wait(lambda: bool(self._state.connections), grace)
        self._timer.cancel()

    def check(self, now: float) -> None:
        """Close connections whose clients take too long. `now` is in seconds."""
        for connection in list(self._state.connections):
            connection.check(now)

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(_CHECK_INTERVAL, self._tick)
        self._state.first_lines.renew()
        self.check(loop.time())

    @staticmethod
    async def _wait(condition: Callable[[], bool], seconds: float) -> None:
        """Wait until the condition is false, at most this long."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while condition() and loop.time() < deadline:
            await asyncio.sleep(_POLL_INTERVAL)
