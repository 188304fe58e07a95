"""The public listener: the fast path and the Starlette application say the same, byte for byte."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
from typing import Any

import pytest

from esb_gateway.errors import ConfigurationError
from esb_gateway.invocation import Ending, Outcome
from esb_gateway.server.app import bind, listening
from esb_gateway.server.limits import Patience
from tests.watching import until

pytestmark = pytest.mark.server

INVOKE = b"/2015-03-31/functions/hello/invocations"


def talk(address: tuple[str, int], data: bytes) -> bytes:
    """Send all the bytes, and read until the server closes."""
    with socket.create_connection(address, timeout=10) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk := connection.recv(65536):
                received += chunk
        return received


def request(method: bytes, target: bytes, *headers: bytes, body: bytes = b"", last: bool = True) -> bytes:
    lines = [method + b" " + target + b" HTTP/1.1", b"Host: localhost:8080", *headers]
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    if last:
        lines.append(b"Connection: close")
    return b"\r\n".join([*lines, b"", body])


def echo(invocation: Any) -> Outcome:
    """Answers with its event."""
    return Outcome(Ending.DONE, json.dumps({"statusCode": 200, "body": invocation.payload.decode()}).encode())


EXCHANGES = {
    "get": request(b"GET", b"/hello?a=1&b=%20"),
    "post": request(b"POST", b"/hello", b"Content-Type: application/json", body=b'{"a":1}'),
    "rest": request(b"GET", b"/legacy", b"X-CaSe: Kept", b"Cookie: a=1"),
    "encoded path": request(b"GET", b"/legacy/%41", b"Host: Legacy.localhost"),
    "head": request(b"HEAD", b"/hello"),
    "odd method": request(b"PROPFIND", b"/hello"),
    "not found": request(b"GET", b"/nowhere"),
    "not found in a rest api": b"GET /x HTTP/1.1\r\nHost: Legacy.localhost\r\nConnection: close\r\n\r\n",
    "preflight": request(b"OPTIONS", b"/pages", b"Origin: https://shop.example", b"Access-Control-Request-Method: GET"),
    "invoke": request(b"POST", INVOKE, body=b'{"a":1}'),
    "invoke nothing": request(b"POST", INVOKE.replace(b"hello", b"nope")),
    "invoke with arn": request(b"POST", INVOKE.replace(b"hello", b"123456789012%3Afunction%3Ahello")),
    "dry run": request(b"POST", INVOKE, b"X-Amz-Invocation-Type: DryRun"),
    "event": request(b"POST", INVOKE, b"X-Amz-Invocation-Type: Event", body=b"{}"),
    "bad json": request(b"POST", INVOKE, body=b"{"),
    "health": request(b"GET", b"/_esb/health"),
    "ready": request(b"GET", b"/_esb/ready"),
    "http/1.0": b"GET /hello HTTP/1.0\r\nHost: localhost:8080\r\n\r\n",
    "absolute target": request(b"GET", b"http://localhost:8080/hello?a=1"),
    "asterisk": request(b"OPTIONS", b"*"),
    "double slash": request(b"GET", b"//hello"),
    "empty query": request(b"GET", b"/hello?"),
    "question in the query": request(b"GET", b"/hello?a=?b"),
    "fragment": request(b"GET", b"/hello?a#b"),
    "dots": request(b"GET", b"/x/../hello"),
    "no host": b"GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n",
    "chunked": request(b"POST", b"/hello", b"Transfer-Encoding: chunked") + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    "expect": request(b"POST", b"/hello", b"Expect: 100-continue", body=b"abc"),
    "upgrade": b"GET /hello HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n",
    "three at once": request(b"GET", b"/hello?1", last=False)
    + request(b"POST", INVOKE, body=b"1", last=False)
    + request(b"GET", b"/_esb/health"),
    "own path first": request(b"GET", b"/_esb/health", last=False) + request(b"GET", b"/hello"),
    "too large": request(b"POST", b"/hello", body=b"x" * (10 * 1024 * 1024 + 1), last=False),
    "garbage": b"\x16\x03\x01 this is not HTTP\r\n\r\n",
    "garbage after a request": request(b"GET", b"/hello", last=False) + b"\x00\r\n\r\n",
    "bad chunk": request(b"POST", b"/hello", b"Transfer-Encoding: chunked") + b"zz\r\n",
    "endless head": b"GET /hello HTTP/1.1\r\nX: " + b"x" * 50_000,
    "large head": request(b"GET", b"/hello", b"X: " + b"x" * 40_000),
    "bad length": b"POST /hello HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    "length and chunked": b"POST /hello HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "path not ascii": b"GET /h\xc3\xa9 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
}
STATUS = {
    "get": 200, "post": 200, "rest": 200, "head": 200, "odd method": 200, "not found": 404, "preflight": 204,
    "not found in a rest api": 403, "invoke": 200, "invoke nothing": 404, "dry run": 204, "event": 202,
    "bad json": 400, "health": 200, "too large": 413, "garbage": 400, "endless head": 431, "large head": 431,
    "bad length": 400, "length and chunked": 400, "chunked": 200, "upgrade": 200, "http/1.0": 200,
}  # fmt: skip


@pytest.fixture(params=[True, False], ids=["fast", "starlette"])
def fast(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_both_ways_answer_byte_for_byte(bench: Any, running: Any) -> None:
    bench.invoker.answer = echo
    answers: dict[bool, dict[str, bytes]] = {}
    for fast in (True, False):
        with running(bench, fast=fast) as address:
            answers[fast] = {name: without_date(talk(address, data)) for name, data in EXCHANGES.items()}
    for name, answer in answers[True].items():
        assert answer == answers[False][name], name
    seen = {name: int(answers[True][name].split(b" ")[1]) for name in STATUS}
    assert seen == STATUS


def without_date(answer: bytes) -> bytes:
    return re.sub(rb"date: [^\r]+\r\n", b"", answer)


def test_answers_leave_in_the_order_of_the_requests(bench: Any, running: Any, fast: bool) -> None:
    """The first function takes longer than the second."""
    bench.invoker.answer = lambda invocation: None if b"slow" in invocation.payload else echo(invocation)
    with running(bench, fast=fast) as address, socket.create_connection(address, timeout=10) as connection:
        connection.sendall(request(b"GET", b"/hello?slow", last=False) + request(b"GET", b"/hello?quick"))
        until(lambda: bench.invoker.waiting)
        bench.in_loop(bench.invoker.waiting[0], Outcome(Ending.DONE, b'{"statusCode":200,"body":"slow"}'))
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    assert received.index(b"\r\n\r\nslow") < received.index(b"quick")


def test_a_client_that_leaves_does_not_stop_the_function(bench: Any, running: Any, fast: bool) -> None:
    with running(bench, fast=fast) as address:
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(request(b"POST", INVOKE, body=b"{}"))
            until(lambda: bench.invoker.waiting)
        bench.in_loop(bench.invoker.waiting[0], Outcome(Ending.DONE, b"{}"))
        assert b" 200 " in talk(address, request(b"GET", b"/_esb/health"))
    assert len(bench.invoker.submitted) == 1


def test_a_connection_is_used_again(bench: Any, running: Any, fast: bool) -> None:
    bench.invoker.answer = echo
    with running(bench, fast=fast) as address, socket.create_connection(address, timeout=10) as connection:
        for _ in range(3):
            connection.sendall(request(b"HEAD", b"/hello", last=False))
            assert connection.recv(65536).endswith(b"\r\n\r\n")


def test_stopping_lets_a_request_end(bench: Any, running: Any, fast: bool) -> None:
    with running(bench, fast=fast) as address:
        connection = socket.create_connection(address, timeout=10)
        connection.sendall(request(b"GET", b"/hello", last=False))
        until(lambda: bench.invoker.waiting)
        answer = Outcome(Ending.DONE, b'{"statusCode":200,"body":"late"}')
        bench.in_loop(lambda: asyncio.get_running_loop().call_later(0.3, bench.invoker.waiting[0], answer))
    with connection:
        assert connection.recv(65536).endswith(b"late")


def test_a_head_that_does_not_come_ends_the_connection(bench: Any, fast: bool) -> None:
    async def read_all(gateway: Any, sent: bytes) -> bytes:
        listener = bind("127.0.0.1", 0)
        async with listening(gateway, listener, fast=fast, patience=Patience(idle=1)):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            writer.write(sent)
            received = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            await writer.wait_closed()
            return received

    assert asyncio.run(read_all(bench.gateway(), b"GET /hello HTTP/1.1\r\nHost:")) == b""


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"127\.0\.0\.1:{port}: cannot listen there"):
            bind("127.0.0.1", port)
