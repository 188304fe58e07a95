"""Which client sends a call to an endpoint."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from esb_gateway.forwarding.forwarder import Forwarder, Outgoing, ProxyError
from esb_gateway.forwarding.plain_forwarder import PlainForwarder
from esb_wire.http.messages import Response
from tests.watching import refused_port


class Other:
    """Notes what it is asked to send."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self.closed = False

    async def send(self, outgoing: Outgoing) -> Response:
        self.urls.append(outgoing.url)
        return Response(204, (), b"")

    async def close(self) -> None:
        self.closed = True


def never() -> Forwarder:
    raise AssertionError("httpx is not needed over plain HTTP")


def test_an_endpoint_with_tls_is_called_by_the_other_forwarder() -> None:
    other = Other()

    async def run() -> int:
        forwarder = PlainForwarder(lambda: other)
        response = await forwarder.send(Outgoing("POST", "https://sqs.example/a", (), b""))
        await forwarder.close()
        return response.status

    assert asyncio.run(run()) == 204
    assert other.urls == ["https://sqs.example/a"]
    assert other.closed


@pytest.mark.server
def test_a_call_over_plain_http_arrives_with_its_query_and_one_length() -> None:
    received: list[bytes] = []
    ended = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readuntil(b"\r\n\r\nbody"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        ended.set()

    async def run() -> bytes:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/wait?seconds=20"
            forwarder = PlainForwarder(never)
            headers = (("Host", "cloud"), ("X-Amz-Target", "T"), ("Content-Length", "4"))
            response = await forwarder.send(Outgoing("POST", url, headers, b"body"))
            await forwarder.close()
            await ended.wait()
            return response.body

    assert asyncio.run(run()) == b"ok"
    assert received == [
        b"POST /wait?seconds=20 HTTP/1.1\r\nHost: cloud\r\nX-Amz-Target: T\r\nContent-Length: 4\r\n\r\nbody"
    ]


@pytest.mark.server
def test_a_server_that_is_not_there_is_an_error_of_the_proxy() -> None:
    async def run(port: int) -> None:
        await PlainForwarder(never).send(Outgoing("GET", f"http://127.0.0.1:{port}/", (), b""))

    with refused_port() as port, pytest.raises(ProxyError):
        asyncio.run(run(port))


@pytest.mark.parametrize(
    "url",
    [
        "http://x.example/a/../b",
        "http://x.example/a b",
        "http://x.example/100%",
        "http://x.example/ü",
        "http://x.example?a=1",
        "http://x.example/a#b",
        "http://user@x.example/",
        "http://X.example/",
        "http://bücher.example/",
        "http://[::1]:8000/",
        "http://x.example:99999/",
    ],
)
def test_a_url_that_is_not_sent_as_it_is_written_is_for_the_other_forwarder(url: str) -> None:
    other = Other()
    asyncio.run(PlainForwarder(lambda: other).send(Outgoing("GET", url, (), b"")))
    assert other.urls == [url]
