"""Malformed requests: almost right, cut into pieces, or no requests at all."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import tracemalloc
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeAlias

import pytest
import uvloop
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("ESB_FUZZ_EXAMPLES", "100"))  # of each test; 20000 take minutes
ANSWER_TIMEOUT = 30.0  # seconds for an answer or a close, on a busy machine too

Address: TypeAlias = tuple[str, int]


@dataclass
class Listened:
    """A listener in a thread with a loop of its own, and what went wrong in that loop."""

    address: Address
    loop: asyncio.AbstractEventLoop
    mishaps: list[dict[str, Any]] = field(default_factory=list)

    def call(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run in the loop; gives the result."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(ANSWER_TIMEOUT)


Serve: TypeAlias = Callable[[Callable[[Address], None], asyncio.Event], Coroutine[Any, Any, None]]


@contextmanager
def listen(serve: Serve) -> Iterator[Listened]:
    """Run `serve(up, end)`: it calls `up` with its address, and returns when `end` is set."""
    up, found, ends = threading.Event(), [], []

    async def main() -> None:
        listened = Listened(("", 0), asyncio.get_running_loop())
        listened.loop.set_exception_handler(lambda _, context: listened.mishaps.append(context))
        ends.append(asyncio.Event())

        def ready(address: Address) -> None:
            listened.address = address
            found.append(listened)
            up.set()

        await serve(ready, ends[0])

    thread = threading.Thread(target=lambda: asyncio.Runner(loop_factory=uvloop.new_event_loop).run(main()))
    thread.start()
    try:
        assert up.wait(ANSWER_TIMEOUT)
        yield found[0]
    finally:
        found[0].loop.call_soon_threadsafe(ends[0].set)
        thread.join(ANSWER_TIMEOUT)
    assert not thread.is_alive()
    assert found[0].mishaps == []


@pytest.fixture(scope="session", name="listen")
def listen_fixture() -> Callable[[Serve], Any]:
    return listen


def talk(address: Address, pieces: list[bytes], *, half_close: bool) -> bytes:
    """Send the pieces, end, and read until the listener closes; fails if it does neither answer nor close."""
    with socket.create_connection(address, timeout=ANSWER_TIMEOUT) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError):  # it has closed already
            for piece in pieces:
                client.sendall(piece)
            if not half_close:
                return b""  # it just goes
            client.shutdown(socket.SHUT_WR)
        received = bytearray()
        with suppress(ConnectionResetError):
            while chunk := client.recv(1 << 16):
                received += chunk
        return bytes(received)


@pytest.fixture(scope="session", name="talk")
def talk_fixture() -> Callable[..., bytes]:
    return talk


# What is sent

TOKEN = st.binary(max_size=12) | st.sampled_from([b"", b"X-A", b"Host", b"\0", b"a" * 3000, b":", b" "])
ODD_HEADERS = st.sampled_from(
    [
        b"Content-Length: 0",
        b"Content-Length: 5",
        b"Content-Length: -1",
        b"Content-Length: 5, 5",
        b"Content-Length: 99999999999999999999",
        b"Content-Length: 20000000",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: identity",
        b"Connection: close",
        b"Connection: keep-alive",
        b"Connection: Upgrade",
        b"Upgrade: websocket",
        b"Upgrade: esb-slots/2",
        b"Upgrade: h2c",
        b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
        b"Expect: 100-continue",
        b"Expect: nonsense",
        b"Trailer: X",
        b"Origin: https://shop.example",
        b"Access-Control-Request-Method: GET",
        b"Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/r/lambda/aws4_request, SignedHeaders=host, Signature="
        + b"0" * 64,
        b" folded: line",
        b"no colon",
        b"Cookie: a=1; b",
        b"Lambda-Runtime-Function-Response-Mode: streaming",
        b"Lambda-Runtime-Function-Error-Body: !",
        b"X-Amz-Client-Context: !",
        b"X-Amz-Invocation-Type: RequestResponse",
        b"X-Amz-Invocation-Type: Event",
        b"X-Amz-Invocation-Type: Nonsense",
    ]
)
HEADER = ODD_HEADERS | st.tuples(TOKEN, TOKEN).map(b": ".join)
CHUNK = st.binary(max_size=20).map(lambda data: b"%x\r\n%b\r\n" % (len(data), data))
ODD_CHUNK = st.sampled_from(
    [
        b"5;ext=1\r\nabcde\r\n",
        b"zz\r\n",
        b"-1\r\n",
        b"FFFFFFFFFFFFFFFFF\r\n",
        b"5\r\nab",
        b"3\nabc\n",
        b"0\r\nX: y\r\n\r\n",
    ]
)
BODY = (
    st.binary(max_size=40)
    | st.sampled_from([b"", b"{}", b"[" * 5000, b"\xff\xfe", b'{"a":1}', b"x" * 100_000])
    | st.lists(CHUNK | ODD_CHUNK, max_size=5).map(lambda chunks: b"".join(chunks) + b"0\r\n\r\n")
)
VERSION = st.sampled_from(
    [b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.10", b""]
)
METHOD = st.sampled_from([b"GET", b"POST", b"HEAD", b"OPTIONS", b"PUT", b"CONNECT", b"PRI", b"get", b"", b"PROPFIND"])


def requests(targets: list[bytes], host: bytes) -> st.SearchStrategy[bytes]:
    """Requests that are right, or nearly so."""

    def build(first: tuple[bytes, ...], headers: list[bytes], body: bytes, measured: bool) -> bytes:
        lines = [b" ".join(first), b"Host: " + host, *headers]
        if measured:
            lines.append(b"Content-Length: %d" % len(body))
        return b"\r\n".join([*lines, b"", body])

    first = st.tuples(METHOD, st.sampled_from(targets) | st.binary(max_size=20), VERSION)
    many = st.integers(0, 400).map(lambda count: [b"X-%d: y" % number for number in range(count)])
    return st.builds(build, first, st.lists(HEADER, max_size=6) | many, BODY, st.booleans())


def mutated(whole: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """With something cut out, put in or written over."""

    def mutate(data: bytes, at: int, length: int, instead: bytes) -> bytes:
        at = at % (len(data) + 1)
        return data[:at] + instead + data[at + length :]

    return st.builds(mutate, whole, st.integers(0, 1 << 16), st.integers(0, 30), TOKEN | ODD_HEADERS | BODY)


def conversations(targets: list[bytes], host: bytes) -> st.SearchStrategy[list[bytes]]:
    """One to a few requests one after the other, as the pieces in which they arrive."""
    right = requests(targets, host)
    sent = st.lists(right | mutated(right) | st.binary(max_size=60), min_size=1, max_size=20).map(b"".join)
    return st.builds(cut, sent, st.lists(st.integers(0, 1 << 16), max_size=6))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The bytes in pieces; none is empty."""
    ends = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [piece for start, end in pairwise(ends) if (piece := data[start:end])]


@pytest.fixture(scope="session", name="conversations")
def conversations_fixture() -> Callable[..., st.SearchStrategy[list[bytes]]]:
    return conversations


def flood(address: Address, start: bytes, more: bytes) -> None:
    """Send `more` without end, 50 MB of it at the most; the listener must not keep it."""
    times = 100 if more.startswith(b"1\r\n") else 800  # chunks of a byte take a while to read
    tracemalloc.start()
    try:
        with socket.create_connection(address, timeout=ANSWER_TIMEOUT) as client:
            client.settimeout(0.3)
            with suppress(OSError):  # it is refused, or nothing is read any more
                client.sendall(start)
                for _ in range(times):
                    client.sendall(more)
        assert tracemalloc.get_traced_memory()[1] < 32 * 1024 * 1024
    finally:
        tracemalloc.stop()
