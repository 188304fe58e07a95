"""Clients that still send when they are refused: they read the answer first, RFC 9112, section 9.6."""

from __future__ import annotations

import asyncio

import pytest

from esb_wire.http.held_bodies import UNCOUNTED
from esb_wire.http.limits import ConnectionLimits
from tests.watching import until_async
from tests.wire.http.serving import Handler, Served, Streams, play, read_response

pytestmark = pytest.mark.server

SIZE = 8 * 1024 * 1024  # bytes; more than the kernel's buffers take of a client whose server reads no more
HEAD = b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % SIZE
PART = b"x" * 65536


async def status_after(client: Streams, sent: int) -> bytes:
    """The status that a client reads when it has sent all of its body, of which it had sent so many bytes."""
    reader, writer = client
    for _ in range((SIZE - sent) // len(PART)):
        writer.write(PART)
        await writer.drain()
    return (await read_response(reader))[0].split()[1]


def test_a_body_for_which_there_is_no_room() -> None:
    async def scene(served: Served) -> None:
        async with served.client(HEAD) as client:
            assert await status_after(client, 0) == b"503"
            assert served.listener.held == 0
        async with served.client(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n") as (reader, _):
            assert (await read_response(reader))[0].startswith(b"HTTP/1.1 200 ")

    play(scene, Handler(), limits=ConnectionLimits(bodies=4 * UNCOUNTED))


def test_a_head_that_is_too_large() -> None:
    async def scene(served: Served) -> None:
        async with served.client(b"GET /a HTTP/1.1\r\nHost: h\r\nX-A: ") as client:
            assert await status_after(client, 0) == b"431"

    play(scene)


def test_a_body_that_pauses_for_too_long() -> None:
    async def scene(served: Served) -> None:
        async with served.client(HEAD + PART) as client:
            await until_async(lambda: served.listener.is_busy)
            now = asyncio.get_running_loop().time()
            for second in (0, 1000):
                served.listener.check(now + second)
            assert await status_after(client, len(PART)) == b"408"

    play(scene)


def test_a_listener_that_stops_does_not_wait_for_them() -> None:
    async def scene(served: Served) -> None:
        async with served.client(HEAD + PART * 8) as (reader, _):
            assert (await read_response(reader))[0].split()[1] == b"503"
            await until_async(lambda: not served.listener.is_busy)

    play(scene, Handler(), limits=ConnectionLimits(bodies=4 * UNCOUNTED))
