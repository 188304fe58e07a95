"""Forwarding of TCP connections, on real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager

import pytest
import uvloop

from esb_wire.forwarding import Target, forwarding
from esb_wire.http.sockets import bind

pytestmark = pytest.mark.enable_socket
DEADLINE = 60.0
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def in_loop(test: Callable[[], Coroutine[None, None, None]]) -> Callable[..., None]:
    """The test on both kinds of event loop: they differ in when a new connection is read."""

    async def settled() -> None:
        await test()
        await asyncio.sleep(0.05)  # transports report their end in a later round of the loop

    def run(loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(settled())

    run.__doc__ = test.__doc__
    return pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])(
        run
    )


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[Target]:
    started = await asyncio.start_server(handler, "127.0.0.1", 0)
    async with started:
        yield Target("127.0.0.1", started.sockets[0].getsockname()[1])


@asynccontextmanager
async def forwarded(handler: Handler, drain: float = DEADLINE) -> AsyncIterator[int]:
    async with server(handler) as target:
        with bind("127.0.0.1", 0) as listener:
            async with forwarding(listener, target, drain=drain):
                yield listener.getsockname()[1]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@in_loop
async def test_bytes_and_the_end_of_each_direction_arrive() -> None:
    sent = b"\x00\xff" * 4_000_000

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received = await reader.read()  # to the end of the client's direction
        writer.write(received[::-1])
        writer.close()

    async with forwarded(count) as port, asyncio.timeout(DEADLINE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        writer.write_eof()

        assert await reader.read() == sent[::-1]
        writer.close()


@in_loop
async def test_a_client_that_does_not_read_stops_the_server() -> None:
    written = 0
    stuck = asyncio.Event()

    async def flood(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        while True:
            writer.write(b"x" * 65536)
            written += 65536
            try:
                await asyncio.wait_for(writer.drain(), 0.5)
            except TimeoutError:
                stuck.set()
                writer.transport.abort()
                return

    async with forwarded(flood, drain=0) as port, asyncio.timeout(DEADLINE):
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        await stuck.wait()

        assert written < 64 * 1024 * 1024
        writer.transport.abort()


@in_loop
async def test_without_a_server_the_connection_is_closed_without_an_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        nowhere = Target("127.0.0.1", free.getsockname()[1])
    with bind("127.0.0.1", 0) as listener:
        async with forwarding(listener, nowhere, drain=0), asyncio.timeout(DEADLINE):
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.getsockname()[1])
            assert await reader.read() == b""
            writer.close()


@in_loop
async def test_what_is_under_way_at_the_end_is_finished_and_an_idle_connection_closed() -> None:
    go = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        if await reader.readline():
            await go.wait()
            writer.write(b"late\n")
        await writer.drain()
        writer.close()

    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as group:
        ending = asyncio.Event()

        async def forward() -> None:
            async with forwarded(slow) as port:
                ports.set_result(port)
                await ending.wait()

        ports: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        group.create_task(forward())
        port = await ports
        busy, busy_writer = await asyncio.open_connection("127.0.0.1", port)
        idle, idle_writer = await asyncio.open_connection("127.0.0.1", port)
        for reader, writer in ((busy, busy_writer), (idle, idle_writer)):
            writer.write(b"hello\n")
            assert await reader.readline() == b"hello\n"
        busy_writer.write(b"more\n")
        await asyncio.sleep(0)
        ending.set()

        assert await idle.read() == b""
        go.set()
        assert await busy.readline() == b"late\n"
        idle_writer.close()
        busy_writer.close()


@in_loop
async def test_a_client_that_goes_while_the_server_is_connected_leaves_nothing_behind() -> None:
    gone = asyncio.Event()

    async def watch(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        gone.set()
        writer.close()

    async with forwarded(watch) as port, asyncio.timeout(DEADLINE):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"x")
        await writer.drain()
        writer.close()
        await gone.wait()


@in_loop
async def test_what_a_client_sends_at_once_arrives() -> None:
    async with forwarded(echo) as port, asyncio.timeout(DEADLINE):
        for number in range(50):
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(b"%d" % number)
                client.shutdown(socket.SHUT_WR)
                reader, writer = await asyncio.open_connection(sock=client.dup())
                assert await reader.read() == b"%d" % number
                writer.close()
