"""Clients that begin with HTTP/2 are refused in HTTP/2; Node's own client is in tests/e2e/test_aws_calls.py."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

import pytest

from esb_gateway.cli.running import new_runner
from esb_gateway.not_in_this_stack.answers import answer
from esb_gateway.not_in_this_stack.http2_refusal import MAX_FRAME, PREFACE, RefusingConnection
from esb_wire.http.listener import listening
from esb_wire.http.sockets import bind

pytestmark = pytest.mark.server

DATA, HEADERS, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 4, 6, 7, 8, 9


class Frame(NamedTuple):
    kind: int
    flags: int
    stream: int
    payload: bytes


class Client(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, kind: int, flags: int, stream: int, payload: bytes = b"") -> None:
        head = len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big")
        self.writer.write(head + payload)

    async def frame(self) -> Frame:
        head = await asyncio.wait_for(self.reader.readexactly(9), 60)
        payload = await self.reader.readexactly(int.from_bytes(head[:3], "big"))
        return Frame(head[3], head[4], int.from_bytes(head[5:], "big"), payload)

    async def rest(self) -> bytes:
        return await asyncio.wait_for(self.reader.read(), 60)


@asynccontextmanager
async def connected() -> AsyncIterator[Client]:
    listener = bind("127.0.0.1", 0)
    async with listening(answer, listener, grace=0.1, connection=RefusingConnection):
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        yield Client(reader, writer)
        writer.close()


def with_client(run: Callable[[Client], Coroutine[None, None, None]]) -> None:
    """On both event loops: that of the container, and asyncio's own."""

    async def main() -> None:
        async with connected() as client:
            await run(client)

    asyncio.run(main())
    with new_runner() as runner:
        runner.run(main())


def test_a_request_is_refused_once_its_headers_are_complete() -> None:
    async def run(client: Client) -> None:
        for part in (PREFACE[:5], PREFACE[5:]):  # what is split is put together
            client.writer.write(part)
            await client.writer.drain()
        client.send(SETTINGS, 0, 0)
        assert await client.frame() == Frame(SETTINGS, 0, 0, b"")
        assert await client.frame() == Frame(SETTINGS, 1, 0, b"")

        client.send(HEADERS, 0, 3, b"\x82")
        client.send(PING, 0, 0, b"12345678")
        assert await client.frame() == Frame(PING, 1, 0, b"12345678")
        client.send(CONTINUATION, 4, 3, b"\x84")
        headers, data = await client.frame(), await client.frame()
        assert (headers.kind, headers.flags, headers.stream) == (HEADERS, 4, 3)
        assert headers.payload[:1] == b"\x8c"  # RFC 7541, appendix A, number 12: `:status: 400`
        assert b"\x10x-amzn-errortype\x0eNotInThisStack" in headers.payload
        assert (data.kind, data.flags, data.stream) == (DATA, 1, 3)
        assert json.loads(data.payload)["__type"] == "NotInThisStack"

        client.send(DATA, 1, 3, b"abc")
        assert await client.frame() == Frame(WINDOW_UPDATE, 0, 0, (3).to_bytes(4, "big"))
        client.send(GOAWAY, 0, 0, bytes(8))
        assert await client.rest() == b""

    with_client(run)


def test_a_frame_over_the_limit_ends_the_connection() -> None:
    async def run(client: Client) -> None:
        client.writer.write(PREFACE)
        client.send(DATA, 0, 1, bytes(MAX_FRAME + 1))
        assert await client.frame() == Frame(SETTINGS, 0, 0, b"")
        with suppress(ConnectionResetError):  # closed with what was sent unread
            assert await client.rest() == b""

    with_client(run)


@pytest.mark.parametrize("first", [b"POST /graphql HTTP/1.1\r\n", b"P", b"PR"])
def test_other_clients_speak_http_1(first: bytes) -> None:
    whole = b"POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    if not whole.startswith(first):
        whole = b"PROPFIND /graphql HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    async def run(client: Client) -> None:
        client.writer.write(first)
        await client.writer.drain()
        client.writer.write(whole[len(first) :])
        response = await client.rest()
        assert response.startswith(b"HTTP/1.1 400 ")
        assert b"this stack has nothing at /graphql" in response

    with_client(run)
