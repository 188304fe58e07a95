"""Forwards TCP connections to one server, byte for byte.

Requests keep their Host header, so their signature stays valid. Each direction is closed separately, as in TCP. While
one end does not read, nothing is read from the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Final, NamedTuple, cast

CONNECT_TIMEOUT: Final = 5.0  # seconds
_SETTLED: Final = 0.1  # seconds after the server's last byte, until the answer counts as complete
_PAUSE: Final = 0.02  # seconds between two checks of closing connections


class Target(NamedTuple):
    """The server that connections lead to."""

    host: str
    port: int


class _End(asyncio.Protocol):
    """One end of a forwarded connection; `peer` is the other, once it is connected."""

    def __init__(self, pair: _Pair) -> None:
        self._pair = pair
        self._early: list[bytes] = []  # data from before there was a peer
        self.peer: _End | None = None
        self.transport: asyncio.Transport
        self.ended = False  # nothing more comes from there

    def join(self, peer: _End) -> None:
        """Connect the two; early data is passed on."""
        self.peer, peer.peer = peer, self
        if self._early:
            peer.transport.writelines(self._early)
            self._early.clear()
            self.transport.resume_reading()
        if self.ended:
            peer.transport.write_eof()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._pair.last_sender, self._pair.last_at = self, self._pair.forwarder.loop.time()
        if self.peer is not None:
            self.peer.transport.write(data)
            return
        if not self._early:
            self.transport.pause_reading()
        self._early.append(data)

    def pause_writing(self) -> None:
        if self.peer is not None and not self.peer.transport.is_closing():
            self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.peer is not None and not self.peer.transport.is_closing():
            self.peer.transport.resume_reading()

    def eof_received(self) -> bool:
        self.ended = True
        if self.peer is None:
            return True
        if self.peer.ended:
            return False
        self.peer.transport.write_eof()
        return True  # the other direction stays open

    def connection_lost(self, _error: Exception | None) -> None:
        if self.peer is not None:
            self.peer.transport.close()
        self._pair.lost(self)


class _Client(_End):
    """The end of the client, which makes the connection to the server."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._pair.connect()


class _Pair:
    """A client's connection and the one to the server."""

    def __init__(self, forwarder: Forwarder) -> None:
        self.forwarder = forwarder
        self.client = _Client(self)
        self.last_sender: _End | None = None
        self.last_at = 0.0
        self._connecting: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether the server seems to have answered everything that the client sent."""
        return self.last_sender is not self.client and self.forwarder.loop.time() - self.last_at > _SETTLED

    def connect(self) -> None:
        self.forwarder.pairs.add(self)
        self._connecting = self.forwarder.loop.create_task(self._connect())

    def lost(self, end: _End) -> None:
        if end is self.client:
            self.forwarder.pairs.discard(self)
            if self._connecting is not None:
                self._connecting.cancel()

    async def _connect(self) -> None:
        loop, target = self.forwarder.loop, self.forwarder.target
        server = _End(self)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await loop.create_connection(lambda: server, *target)
        except OSError:  # TimeoutError is one
            self.client.transport.close()  # without an answer, so that an SDK retries
            return
        self._connecting = None
        if self.client.transport.is_closing():
            server.transport.close()
            return
        self.client.join(server)


class Forwarder:
    """The connections that are open."""

    def __init__(self, target: Target, loop: asyncio.AbstractEventLoop) -> None:
        self.target = target
        self.loop = loop
        self.pairs: set[_Pair] = set()

    def accept(self) -> asyncio.Protocol:
        """The protocol of a new client."""
        return _Pair(self).client

    async def drain(self, seconds: float) -> None:
        """Close idle connections at once, and the others as soon as they are idle."""
        end = self.loop.time() + seconds
        while self.pairs:
            late = self.loop.time() >= end
            for pair in list(self.pairs):
                if late:
                    pair.client.transport.abort()
                elif pair.idle:
                    pair.client.transport.close()
            await asyncio.sleep(_PAUSE)


@contextlib.asynccontextmanager
async def forwarding(listener: socket.socket, target: Target, *, drain: float) -> AsyncIterator[None]:
    """Forward the connections of a listening socket while the block runs.

    At the end, requests in flight have `drain` seconds to finish.
    """
    forwarder = Forwarder(target, asyncio.get_running_loop())
    server = await forwarder.loop.create_server(forwarder.accept, sock=listener)
    try:
        yield
    finally:
        server.close()
        await forwarder.drain(drain)
