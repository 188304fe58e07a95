"""The runtime listener: whatever comes, there is an answer or a close, and another function is not disturbed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from esb_gateway.execution.containers.container_host import ContainerHost, runtime_host
from esb_gateway.execution.functions import Functions
from esb_gateway.execution.pools.slots import Limits
from esb_gateway.invocation import Ending, Invocation, Outcome, Throttled
from tests.gateway.functions import ORDERS

from .conftest import EXAMPLES, Listened, conversations, flood

pytestmark = pytest.mark.server

BAD = replace(
    ORDERS,
    name="bad",
    arn="arn:aws:lambda:us-east-1:123456789012:function:bad",
    handler="h",
    runtime="provided.al2023",
    timeout=1,
    max_capacity=4,
)
PATH = b"/2018-06-01/runtime/"
TARGETS = [
    PATH + b"invocation/next",
    PATH + b"invocation/taken/response",
    PATH + b"invocation/taken/error",
    PATH + b"invocation/nobody/response",
    PATH + b"invocation//error",
    PATH + b"invocation/",
    PATH + b"init/error",
    b"/esb/slots",
    b"/",
    b"/" + b"a" * 40_000,
]
HOST = runtime_host("bad", "r").encode()


class Stage:
    """The host behind the listener, with an invocation of the bad function to be had at any time."""

    def __init__(self) -> None:
        self.hosting = ContainerHost("r", ("127.0.0.1", 0))
        functions = {"bad": BAD, "good": replace(BAD, name="good", timeout=20)}
        self.host = Functions(functions, self.hosting, lambda _: None, Limits(queue_wait=1))

    def offer(self) -> None:
        with suppress(Throttled, ValueError):
            self.host.submit(Invocation("bad", b"{}", "taken", "Root=1-2-3", BAD.arn), lambda _: None)

    async def run_good(self) -> tuple[Outcome, bytes]:
        """An invocation of the good function, from its container's first poll to its answer."""
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.host.submit(Invocation("good", b"1", "good", "Root=1-2-3", BAD.arn), ended.set_result)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.hosting.port)
        host = b"Host: " + runtime_host("good", "r").encode() + b"\r\nUser-Agent: aws-lambda-python/1\r\n"
        writer.write(b"GET " + PATH + b"invocation/next HTTP/1.1\r\n" + host + b"\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(1)
        writer.write(b"POST " + PATH + b"invocation/good/response HTTP/1.1\r\n" + host + b"Content-Length: 1\r\n\r\n2")
        outcome = await ended
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        return outcome, head


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage()


@pytest.fixture(scope="module")
def listened(listen: Any, stage: Stage) -> Iterator[Listened]:
    async def serve(up: Callable[..., None], end: asyncio.Event) -> None:
        stage.host.start()
        up(("127.0.0.1", stage.hosting.port))
        await end.wait()
        await stage.host.stop(0)

    with listen(serve) as running:
        yield running


SUPERVISED = b"GET /esb/slots HTTP/1.1\r\nHost: " + HOST + b"\r\nConnection: Upgrade\r\nUpgrade: esb-slots/2\r\n\r\n"
LINE = st.sampled_from([b"exited 1 0\n", b"drain\n", b"-\n", b"exited 1 999\n", b"x" * 80]) | st.binary(min_size=1)
CONTROL = st.lists(LINE, max_size=5).map(lambda lines: [SUPERVISED, *lines])


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == 100,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(pieces=conversations(TARGETS, HOST) | CONTROL, half_close=st.booleans())
def test_anything(listened: Listened, stage: Stage, talk: Any, pieces: list[bytes], half_close: bool) -> None:
    listened.loop.call_soon_threadsafe(stage.offer)
    answer = talk(listened.address, pieces, half_close=half_close)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
    assert listened.mishaps == []


def test_another_function_is_not_disturbed(listened: Listened, stage: Stage) -> None:
    outcome, head = listened.call(stage.run_good())
    assert (outcome.ending, outcome.payload) == (Ending.DONE, b"2")
    assert b"Lambda-Runtime-Aws-Request-Id: good" in head


POST = b"POST " + PATH + b"invocation/taken/response HTTP/1.1\r\nHost: " + HOST + b"\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
ENDLESS = {
    "a target": (b"GET /", b"a" * 65536),
    "headers": (b"GET / HTTP/1.1\r\n", b"X: y\r\n" * 10_000),
    "kept headers": (b"GET / HTTP/1.1\r\n", b"Content-Type: y\r\n" * 4_000),
    "a body": (POST + b"Content-Length: 9999999999\r\n\r\n", b"a" * 65536),
    "chunks": (CHUNKED + b"\r\n", b"1\r\na\r\n" * 10_000),
    "a chunk's extension": (CHUNKED + b"\r\n1;", b"a" * 65536),
    "a trailer": (CHUNKED + b"\r\n0\r\nX: ", b"a" * 65536),
    "streamed chunks": (CHUNKED + b"Lambda-Runtime-Function-Response-Mode: streaming\r\n\r\n", b"1\r\na\r\n" * 10_000),
    "requests without a reader": (b"", (b"GET /nope HTTP/1.1\r\nHost: " + HOST + b"\r\n\r\n") * 1000),
    "lines": (SUPERVISED, b"exited 1 0\n" * 5000),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_does_not_end_is_not_kept(listened: Listened, stage: Stage, name: str) -> None:
    flood(listened.address, *ENDLESS[name])
    assert listened.call(stage.run_good())[0].ending is Ending.DONE
    assert listened.mishaps == []
