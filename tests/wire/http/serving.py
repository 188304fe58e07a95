"""A listener with a handler that does as a test says, and clients that speak to it in bytes; all on one loop."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from esb_wire.http.listener import Listener, listening
from esb_wire.http.messages import Request, Respond, Response
from esb_wire.http.sockets import bind

SECONDS = 60  # in which a scene has to end
TEXT = (("Content-Type", "text/plain"),)
Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def echo(request: Request) -> Response:
    """The request as one line."""
    if request.too_large:
        return Response(200, TEXT, b"too large")
    fields = (request.method, request.path, request.query, request.protocol, request.body.decode("latin-1"))
    return Response(200, TEXT, " ".join(fields).encode("latin-1"))


@dataclass
class Handler:
    """Responds with what `answer` gives, if `is_late` in a later turn of the loop; a None keeps the request waiting."""

    answer: Callable[[Request], Response | None] = echo
    requests: list[Request] = field(default_factory=list)
    waiting: list[Respond] = field(default_factory=list)
    is_late: bool = False

    def __call__(self, request: Request, respond: Respond) -> None:
        self.requests.append(request)
        response = self.answer(request)
        if response is None:
            self.waiting.append(respond)
        elif self.is_late:
            asyncio.get_running_loop().call_soon(respond, response)
        else:
            respond(response)


@dataclass
class Served:
    """A listener that runs."""

    handler: Handler
    listener: Listener
    address: tuple[str, int]

    @asynccontextmanager
    async def client(
        self, sent: bytes = b"", tls: ssl.SSLContext | None = None, source: str = "127.0.0.1"
    ) -> AsyncIterator[Streams]:
        """A connection from an address, on which these bytes are sent."""
        name = None if tls is None else "localhost"
        reader, writer = await asyncio.open_connection(
            *self.address, ssl=tls, server_hostname=name, local_addr=(source, 0)
        )
        writer.write(sent)
        try:
            yield reader, writer
        finally:
            writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    async def tell(self, sent: bytes) -> bytes:
        """Everything that comes until the listener closes, without dates."""
        received = bytearray()
        async with self.client(sent) as (reader, _):
            with suppress(ConnectionError):
                while part := await reader.read(65536):
                    received += part
        return without_date(bytes(received))


def without_date(answer: bytes) -> bytes:
    return re.sub(rb"date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n", b"", answer)


async def read_response(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Head and body of one that says its length."""
    head = await reader.readuntil(b"\r\n\r\n")
    size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return head, await reader.readexactly(size)


def play(scene: Callable[[Served], Awaitable[None]], handler: Handler | None = None, **options: Any) -> None:
    """Run a scene with a listener of its own; the options are those of `listening`."""

    async def run() -> None:
        socket, own = bind("127.0.0.1", 0), handler or Handler()
        async with listening(own, socket, **{"grace": 1, **options}) as listener:
            await asyncio.wait_for(scene(Served(own, listener, socket.getsockname())), SECONDS)

    asyncio.run(run())
