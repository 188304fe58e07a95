"""Clients that take too long, too many of them, and a listener that is about to stop."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from esb_wire.http.limits import ConnectionLimits
from esb_wire.http.messages import Response
from tests.watching import until_async
from tests.wire.http.serving import TEXT, Handler, Served, play, read_response

pytestmark = pytest.mark.server

GET = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
HALF_A_HEAD = b"GET /a HTTP/1.1\r\nHost: h\r\nX-"
HALF_A_BODY = b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n1"
TIMED_OUT = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: application/json\r\ncontent-length: 29\r\nconnection: close\r\n\r\n"
    b'{"message":"Request Timeout"}'
)
LATE = Response(200, TEXT, b"late")


def no_answer(_: object) -> None:
    """Keeps the request waiting."""


async def until_gone(served: Served) -> None:
    await until_async(lambda: served.listener.connections == 0)


async def pass_time(served: Served, seconds: int) -> None:
    """As if so many seconds passed, with a check in each; less if all connections are closed before."""
    now = asyncio.get_running_loop().time()
    for second in range(seconds):
        if not served.listener.connections:
            break
        served.listener.check(now + second)
        await asyncio.sleep(0.001)


def test_a_client_that_does_not_go_on_is_told_and_closed() -> None:
    handler = Handler()

    async def scene(served: Served) -> None:
        told = asyncio.gather(*map(served.tell, (HALF_A_HEAD, HALF_A_BODY, b"")))
        await until_async(lambda: served.listener.connections == 3)
        await pass_time(served, 10_000)
        head, body, idle = await told
        assert (head, body, idle) == (TIMED_OUT, TIMED_OUT, b"")
        await until_gone(served)
        assert handler.requests == [], "half a request is none"

    play(scene, handler)


def test_a_timeout_behind_a_request_that_runs_is_told_after_its_response() -> None:
    handler = Handler(no_answer)

    async def scene(served: Served) -> None:
        async with served.client(GET + HALF_A_HEAD) as (reader, _):
            await until_async(lambda: handler.waiting)
            await pass_time(served, 30)
            handler.waiting[0](LATE)
            assert (await read_response(reader))[1] == b"late"
            assert await reader.read() == TIMED_OUT

    play(scene, handler)


def test_a_client_that_waits_for_a_slow_function_is_not_hurried() -> None:
    handler = Handler(no_answer)

    async def scene(served: Served) -> None:
        async with served.client(GET) as (reader, _):
            await until_async(lambda: handler.waiting)
            await pass_time(served, 900)
            handler.waiting[0](LATE)
            assert (await read_response(reader))[1] == b"late"

    play(scene, handler)


def test_the_listener_checks_by_itself() -> None:
    async def scene(served: Served) -> None:
        assert await served.tell(HALF_A_HEAD) == b""

    play(scene, limits=ConnectionLimits(idle=1))


def test_a_client_that_does_not_read_is_cut_off() -> None:
    async def scene(served: Served) -> None:
        async with served.client(GET * 5) as (reader, _):  # more than fits into the kernel's buffers
            await until_async(lambda: served.handler.requests)
            await pass_time(served, 10_000)
            assert served.listener.connections == 0
            with suppress(ConnectionError):
                assert len(await reader.read()) < 25_000_000

    play(scene, Handler(lambda _: Response(200, TEXT, b"x" * 5_000_000)))


def test_more_clients_than_allowed_are_refused() -> None:
    async def scene(served: Served) -> None:
        async with served.client(GET) as (first, _), served.client(GET) as (second, _):
            assert [(await read_response(each))[1] for each in (first, second)] == [b"GET /a  HTTP/1.1 "] * 2
            refused = await served.tell(GET)
            assert refused.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
            assert b"connection: close" in refused
        await until_gone(served)
        async with served.client(GET) as (reader, _):
            assert (await read_response(reader))[1] == b"GET /a  HTTP/1.1 "

    play(scene, limits=ConnectionLimits(connections=2, per_address=2))


@pytest.mark.parametrize("limits", [ConnectionLimits(connections=4), ConnectionLimits(per_address=2)])
def test_one_address_gets_its_share_of_the_connections(limits: ConnectionLimits) -> None:
    async def scene(served: Served) -> None:
        async with served.client(GET) as (first, _), served.client(GET) as (second, _):
            assert [(await read_response(each))[1] for each in (first, second)] == [b"GET /a  HTTP/1.1 "] * 2
            for _ in range(5):
                assert (await served.tell(GET)).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
            async with served.client(GET, source="127.0.0.2") as (neighbour, _):
                assert (await read_response(neighbour))[1] == b"GET /a  HTTP/1.1 "
        await until_gone(served)
        async with served.client(GET) as (reader, _):
            assert (await read_response(reader))[1] == b"GET /a  HTTP/1.1 "

    play(scene, limits=limits)


class TestDrain:
    def test_what_runs_is_answered_and_no_one_new_comes_in(self) -> None:
        handler = Handler(lambda request: None if request.path == "/a" else Response(503, TEXT, b"draining"))

        async def scene(served: Served) -> None:
            ready = GET.replace(b"/a", b"/ready")
            async with served.client(GET) as (reader, _), served.client(ready) as (idle, writer):
                assert b"connection: close" not in (await read_response(idle))[0]
                await until_async(lambda: handler.waiting)
                draining = asyncio.create_task(served.listener.drain(10))
                await asyncio.sleep(0)
                writer.write(ready)
                head, body = await read_response(idle)
                assert (b"connection: close" in head, body) == (True, b"draining")
                with pytest.raises(ConnectionRefusedError):
                    await asyncio.open_connection(*served.address)
                assert not draining.done()
                handler.waiting[0](LATE)
                head, body = await read_response(reader)
                assert (body, b"connection: close" in head) == (b"late", True)
                await asyncio.wait_for(draining, 5)

        play(scene, handler)

    def test_it_ends_at_its_deadline(self) -> None:
        handler = Handler(no_answer)

        async def scene(served: Served) -> None:
            async with served.client(GET):
                await until_async(lambda: handler.waiting)
                await asyncio.wait_for(served.listener.drain(0.2), 5)
                handler.waiting[0](LATE)

        play(scene, handler)

    def test_a_body_that_arrives_is_waited_for(self) -> None:
        async def scene(served: Served) -> None:
            async with served.client(HALF_A_BODY.replace(b"100000", b"2")) as (reader, writer):
                await until_async(lambda: served.listener.is_busy)
                draining = asyncio.create_task(served.listener.drain(10))
                await asyncio.sleep(0)
                writer.write(b"2")
                head, body = await read_response(reader)
                assert (b"connection: close" in head, body) == (True, b"POST /a  HTTP/1.1 12")
                await asyncio.wait_for(draining, 5)

        play(scene)


class TestStop:
    @pytest.fixture
    def client(self) -> Iterator[socket.socket]:
        """Connected by the test, and still there when the listener is gone."""
        with socket.socket() as client:
            client.settimeout(10)
            yield client

    def test_a_request_that_runs_is_answered(self, client: socket.socket) -> None:
        handler = Handler(no_answer)

        async def scene(served: Served) -> None:
            client.connect(served.address)
            client.sendall(GET)
            await until_async(lambda: handler.waiting)
            asyncio.get_running_loop().call_later(0.3, handler.waiting[0], LATE)

        play(scene, handler, grace=5)
        received = b"".join(iter(lambda: client.recv(65536), b""))
        assert received.endswith(b"connection: close\r\n\r\nlate")

    def test_a_request_that_runs_on_is_cut(self, client: socket.socket) -> None:
        handler = Handler(no_answer)

        async def scene(served: Served) -> None:
            client.connect(served.address)
            client.sendall(GET)
            await until_async(lambda: handler.waiting)

        play(scene, handler, grace=0.1)
        handler.waiting[0](LATE)  # has nowhere to go
        with suppress(ConnectionResetError):
            assert client.recv(1) == b""

    def test_an_idle_connection_is_closed_at_once(self, client: socket.socket) -> None:
        async def scene(served: Served) -> None:
            client.connect(served.address)
            await until_async(lambda: served.listener.connections)

        begun = time.monotonic()
        play(scene, grace=120)
        assert client.recv(1) == b""
        assert time.monotonic() - begun < 60
