"""A listening socket of the Runtime API."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from esb_gateway.execution.runtime_api.listener import Listener

pytestmark = pytest.mark.server

LOOPS = pytest.mark.parametrize("new_loop", [uvloop.new_event_loop, asyncio.new_event_loop])
NewLoop = Callable[[], asyncio.AbstractEventLoop]


class ListenerFixture:
    """A listener that knows no runtime, and connections to it."""

    def __init__(self) -> None:
        self.listener = Listener(
            asyncio.get_running_loop(), ("127.0.0.1", 0), lambda _: None, max_connections=2, identify_timeout=0.2
        )
        self.writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.listener.port)
        self.writers.append(writer)
        return reader

    async def close(self) -> None:
        closed = asyncio.Event()
        self.listener.close(closed.set)
        await closed.wait()


def run(scenario: Callable[[ListenerFixture], Awaitable[None]], new_loop: NewLoop = uvloop.new_event_loop) -> None:
    async def main() -> None:
        fixture = ListenerFixture()
        try:
            await asyncio.wait_for(scenario(fixture), 60)
        finally:
            for writer in fixture.writers:
                writer.close()
            await fixture.close()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())


async def read_to_end(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionResetError:  # closed before it was accepted
        return b""


@LOOPS
def test_unidentified_runtime_is_answered_and_closed(new_loop: NewLoop) -> None:
    async def scenario(fixture: ListenerFixture) -> None:
        reader = await fixture.connect()
        fixture.writers[0].write(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 403 Forbidden\r\n")

    run(scenario, new_loop)


@LOOPS
@pytest.mark.parametrize("sent", [b"", b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: "])
def test_who_does_not_say_who_it_is_has_to_go(new_loop: NewLoop, sent: bytes) -> None:
    async def scenario(fixture: ListenerFixture) -> None:
        reader = await fixture.connect()
        fixture.writers[0].write(sent)
        assert await reader.read() == b""

    run(scenario, new_loop)


@LOOPS
def test_close_cuts_connections_that_stay_and_refuses_new_ones(new_loop: NewLoop) -> None:
    async def scenario(fixture: ListenerFixture) -> None:
        reader = await fixture.connect()
        await fixture.close()
        assert await read_to_end(reader) == b""
        with pytest.raises(ConnectionRefusedError):
            await fixture.connect()

    run(scenario, new_loop)


@LOOPS
def test_one_connection_too_many_is_closed_until_another_ends(new_loop: NewLoop) -> None:
    async def scenario(fixture: ListenerFixture) -> None:
        first, _, third = [await fixture.connect() for _ in range(3)]
        assert await read_to_end(third) == b""
        fixture.writers[0].write(b"\0")
        assert (await first.read()).startswith(b"HTTP/1.1 400 ")
        fixture.writers[0].close()
        fourth = b""
        while not fourth.startswith(b"HTTP/1.1 400 "):  # the end of the first may take a moment to be seen
            reader = await fixture.connect()
            fixture.writers[-1].write(b"\0")
            fourth = await read_to_end(reader)

    run(scenario, new_loop)


@pytest.mark.parametrize(("peer", "answer"), [("127.0.0.1", b"HTTP/1.1 400 "), ("127.0.0.2", b"")])
def test_only_the_peer_may_connect(peer: str, answer: bytes) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        listener = Listener(loop, ("127.0.0.1", 0), lambda _: None, max_connections=1, peer=peer)
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(b"\0")
        assert (await read_to_end(reader))[:13] == answer
        writer.close()
        closed = asyncio.Event()
        listener.close(closed.set)
        await closed.wait()

    asyncio.run(main())


def test_taken_address_is_an_os_error() -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
            Listener(asyncio.get_running_loop(), taken.getsockname(), lambda _: None, 1)

    asyncio.run(main())
