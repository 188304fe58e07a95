"""The client: each request once, over connections that are kept as long as their server keeps them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from esb_wire.http.client import Client, UnreachableError
from esb_wire.http.messages import Request, Response

from .serving import Handler, Served, play

pytestmark = pytest.mark.server

HOST = (("Host", "engine:8000"),)


def with_client(scene: Callable[[Client, Served], Awaitable[None]], handler: Handler | None = None) -> None:
    async def run(served: Served) -> None:
        client = Client(*served.address, timeout=10)
        await scene(client, served)
        await client.close()

    play(run, handler)


async def from_raw(answers: list[bytes]) -> list[str]:
    """The client's results with a server that sends these bytes, one connection each, and closes."""
    left = list(answers)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(left.pop(0))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        found = []
        for _ in answers:
            client = Client(*server.sockets[0].getsockname(), timeout=10)
            try:
                response = await client.send("POST", "/", HOST, b"")
                found.append(f"{response.status} {response.body.decode()}")
            except UnreachableError as error:
                found.append(str(error))
            await client.close()
    return found


def test_a_request_arrives_as_it_was_sent() -> None:
    async def scene(client: Client, served: Served) -> None:
        response = await client.send("POST", "/a?b=c", (*HOST, ("X-Amz-Target", "T")), b"body")

        assert response.status == 200
        assert response.body == b"POST /a b=c HTTP/1.1 body"
        assert served.handler.requests[0].headers == (
            ("Host", "engine:8000"),
            ("X-Amz-Target", "T"),
            ("Content-Length", "4"),
        )

    with_client(scene)


def test_a_connection_is_used_again() -> None:
    async def scene(client: Client, served: Served) -> None:
        for _ in range(5):
            await client.send("POST", "/", HOST, b"x")

        assert served.listener.connections == 1

    with_client(scene)


@pytest.mark.parametrize(("idle", "connections"), [(0.0, 3), (60.0, 1)])
def test_a_connection_that_was_idle_for_long_is_not_used_again(idle: float, connections: int) -> None:
    opened = ended = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened, ended
        opened += 1
        with suppress(ConnectionError):
            while await reader.read(1000):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        ended += 1

    async def run() -> None:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            client = Client(*server.sockets[0].getsockname(), timeout=10, idle=idle)
            for _ in range(3):
                assert (await client.send("GET", "/", HOST, b"")).status == 200
            await client.close()
            while ended < opened:
                await asyncio.sleep(0.001)

    asyncio.run(run())
    assert opened == connections


def test_the_system_looks_whether_the_server_is_there() -> None:
    async def scene(client: Client, served: Served) -> None:
        await client.send("POST", "/", HOST, b"x")
        connected = client._idle[0]._transport.get_extra_info("socket")

        assert connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 5

    with_client(scene)


def test_requests_at_the_same_time_have_connections_of_their_own() -> None:
    async def scene(client: Client, served: Served) -> None:
        responses = await asyncio.gather(*(client.send("POST", f"/{n}", HOST, b"") for n in range(100)))

        assert [response.body.split()[1] for response in responses] == [b"/%d" % n for n in range(100)]
        assert served.listener.connections <= 64

    with_client(scene, Handler(is_late=True))


def test_a_connection_that_its_server_closes_is_not_used_again() -> None:
    closing = Response(200, (("Connection", "close"),), b"bye")

    async def scene(client: Client, served: Served) -> None:
        for _ in range(3):
            assert (await client.send("POST", "/", HOST, b"")).body == b"bye"

    with_client(scene, Handler(lambda _request: closing))


def test_a_request_that_is_given_up_takes_its_connection_with_it() -> None:
    async def scene(client: Client, served: Served) -> None:
        given_up = asyncio.ensure_future(client.send("POST", "/slow", HOST, b""))
        while not served.handler.waiting:
            await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait([given_up])

        assert (await client.send("POST", "/next", HOST, b"")).body.split()[1] == b"/next"

    def answer(request: Request) -> Response | None:
        return None if request.path == "/slow" else Response(200, (), f"POST {request.path}".encode())

    with_client(scene, Handler(answer))


def test_a_line_break_in_a_header_is_refused() -> None:
    async def scene(client: Client, served: Served) -> None:
        with pytest.raises(UnreachableError, match="line break"):
            await client.send("POST", "/", (("Host", "a\r\nX: y"),), b"")

    with_client(scene)


def test_every_framing_of_a_body_is_read() -> None:
    answers = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nhello",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    ]

    assert asyncio.run(from_raw(answers)) == ["200 hello"] * 4


def test_what_is_no_whole_response_is_an_error() -> None:
    short = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"
    no_response, incomplete, nothing = asyncio.run(from_raw([b"SSH-2.0-OpenSSH\r\n", short, b""]))

    assert no_response.startswith("its answer is no HTTP response")
    assert incomplete == nothing == "it closed the connection before its response ended"


def test_a_server_that_is_not_there_is_an_error() -> None:
    async def run() -> None:
        with pytest.raises(UnreachableError):
            await Client("127.0.0.1", 1).send("POST", "/", HOST, b"")

    asyncio.run(run())
