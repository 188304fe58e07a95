"""The client: each request once, over connections that are kept as long as their server keeps them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from esb_wire.http.client import Client, ClientLimits, HangUp, ResponseTooLarge, UnreachableError
from esb_wire.http.messages import Request, Response, call_on_disconnect, is_connected
from tests.watching import until_async

from .serving import Handler, Served, play

pytestmark = pytest.mark.server

HOST = (("Host", "engine:8000"),)


def with_client(scene: Callable[[Client, Served], Awaitable[None]], handler: Handler | None = None) -> None:
    async def run(served: Served) -> None:
        client = Client(*served.address, ClientLimits(timeout=60))
        await scene(client, served)
        await client.close()

    play(run, handler)


@asynccontextmanager
async def raw_server(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[tuple[str, int]]:
    """The address of a server whose connections end with `answer`; at the end, all have ended."""
    opened = ended = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened, ended
        opened += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await answer(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        ended += 1

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()
        await until_async(lambda: ended == opened)


async def from_raw(answers: list[bytes]) -> list[str]:
    """The client's results with a server that sends these bytes, one connection each, and closes."""
    left = list(answers)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(left.pop(0))
        await writer.drain()

    async with raw_server(answer) as address:
        found = []
        for _ in answers:
            client = Client(*address, ClientLimits(timeout=60))
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
    opened = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        while await reader.read(1000):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async def run() -> None:
        async with raw_server(answer) as (host, port):
            client = Client(host, port, ClientLimits(timeout=60, idle=idle))
            for _ in range(3):
                assert (await client.send("GET", "/", HOST, b"")).status == 200
            await client.close()

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


@pytest.mark.parametrize("early", [False, True])
def test_who_hangs_up_still_gets_the_response_and_the_server_knows_that_it_is_waited_for_no_more(
    *, early: bool
) -> None:
    handler = Handler(lambda _: None)

    async def scene(client: Client, served: Served) -> None:
        hang_up, told = HangUp(), list[str]()
        if early:
            hang_up()
        task = asyncio.create_task(client.send("POST", "/", HOST, b"", hang_up))
        await until_async(lambda: handler.waiting)
        respond = handler.waiting[0]
        call_on_disconnect(respond, lambda: told.append("gone"))
        if not early:
            assert is_connected(respond)
            assert told == []
            hang_up()
        await until_async(lambda: told == ["gone"])
        assert not is_connected(respond)
        respond(Response(200, (), b"late"))
        assert (await task).body == b"late"
        await until_async(lambda: served.listener.connections == 0)  # it is not used again

    with_client(scene, handler)


def test_hanging_up_after_the_response_changes_nothing() -> None:
    async def scene(client: Client, served: Served) -> None:
        hang_up = HangUp()
        await client.send("POST", "/", HOST, b"", hang_up)
        waiting = asyncio.create_task(client.send("POST", "/", HOST, b"x"))
        hang_up()
        assert (await waiting).status == 200
        await client.send("POST", "/", HOST, b"x")
        assert served.listener.connections == 1

    with_client(scene)


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


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        (b"Content-Length: 5\r\nContent-Length: 6\r\n", "Duplicate Content-Length"),
        (b"Content-Length: 5\r\nContent-Length: 5\r\n", "Duplicate Content-Length"),
        (b"Content-Length: 5, 5\r\n", "Invalid character in Content-Length"),
        (b"X-Long: a\r\n b\r\nContent-Length: 5\r\n", "whitespace after header value"),
    ],
)
def test_an_answer_that_can_be_read_in_two_ways_is_refused(headers: bytes, why: str) -> None:
    """RFC 9110, 8.6, and RFC 9112, 5.2, let a recipient refuse what has the same length twice, or a folded header."""
    (found,) = asyncio.run(from_raw([b"HTTP/1.1 200 OK\r\n" + headers + b"\r\nhello"]))

    assert found.startswith("its answer is no HTTP response")
    assert why in found


def test_a_server_that_is_not_there_is_an_error() -> None:
    async def run() -> None:
        with pytest.raises(UnreachableError):
            await Client("127.0.0.1", 1).send("POST", "/", HOST, b"")

    asyncio.run(run())


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [("GET", b"", ()), ("DELETE", b"", ()), ("GET", b"ab", ("2",)), ("POST", b"", ("0",)), ("PUT", b"", ("0",))],
)
def test_a_length_is_sent_if_there_is_a_body_or_the_method_has_one(
    method: str, body: bytes, length: tuple[str, ...]
) -> None:
    """RFC 9110, 8.6."""

    async def scene(client: Client, served: Served) -> None:
        await client.send(method, "/", HOST, body)
        await client.send(method, "/", (*HOST, ("content-length", str(len(body)))), body)
        sent = [[value for name, value in each.headers if name.lower() == "content-length"] for each in requests]
        assert sent == [list(length), [str(len(body))]]

    handler = Handler()
    requests = handler.requests
    with_client(scene, handler)


def test_lines_may_end_without_a_carriage_return() -> None:
    """RFC 9112, 2.2. Small servers do it."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\nA: b\nContent-Length: 2\n\nok")

    async def run() -> Response:
        async with raw_server(answer) as (host, port):
            client = Client(host, port)
            response = await client.send("GET", "/", HOST, b"")
            await client.close()
        return response

    assert asyncio.run(run()) == Response(200, (("A", "b"), ("Content-Length", "2")), b"ok")


def test_an_answer_to_head_has_no_body_and_leaves_its_connection() -> None:
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            asked.append((await reader.readuntil(b"\r\n\r\n")).split()[0])
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + (b"hello" * (asked[-1] == b"GET")))

    async def run() -> list[Response]:
        async with raw_server(answer) as address:
            client = Client(*address)
            found = [await client.send(method, "/", HOST, b"") for method in ("HEAD", "GET", "HEAD")]
            assert len(client._idle) == 1
            await client.close()
            return found

    head, body, _ = asyncio.run(run())
    assert asked == [b"HEAD", b"GET", b"HEAD"]
    assert (head.status, head.headers, head.body) == (200, (("Content-Length", "5"),), b"")
    assert body.body == b"hello"


def test_what_follows_a_body_is_no_header_and_what_comes_before_an_answer_is_not_either() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Checksum: 1\r\n\r\n"

    async def run() -> Response:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(early + chunked)

        async with raw_server(answer) as address:
            client = Client(*address)
            response = await client.send("GET", "/", HOST, b"")
            await client.close()
            return response

    assert asyncio.run(run()) == Response(200, (("Transfer-Encoding", "chunked"),), b"ok")


def test_an_answer_that_is_too_large_says_what_is() -> None:
    answers = [
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000,
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    ]
    found = asyncio.run(from_raw(answers))
    assert found[0] == "the headers of its response are larger than 262144 bytes"
    assert found[1].startswith("its answer is no HTTP response")

    async def run(served: Served) -> None:
        client = Client(*served.address, ClientLimits(max_body=3))
        with pytest.raises(ResponseTooLarge, match="its response is larger than 3 bytes"):
            await client.send("POST", "/", HOST, b"body")
        await client.close()

    play(run, Handler(lambda _: Response(200, (), b"body")))
