"""The public listener answers or closes whatever it receives, and answers the next request."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from esb_gateway.admin.readiness import Readiness
from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.invocation import Accepted, Done, Ending, Invocation, Outcome
from esb_gateway.serving.dependencies import Dependencies
from esb_gateway.serving.gateway import Gateway
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from esb_wire.http.limits import ConnectionLimits
from esb_wire.http.listener import listening
from esb_wire.http.sockets import bind
from esb_wire.sigv4 import Credentials, Verifier
from tests.gateway.fakes import FakeMappings

from .conftest import EXAMPLES, Listened, conversations, flood

pytestmark = pytest.mark.server

CONFIGURATION = read_configuration(
    {
        "functions": {
            "hello": {"handler": "h", "runtime": "python3.12", "url": {"auth_type": "NONE"}},
            "stream": {
                "handler": "h",
                "runtime": "nodejs22.x",
                "url": {"auth_type": "AWS_IAM", "invoke_mode": "RESPONSE_STREAM", "cors": {"allow_origins": ["*"]}},
            },
        }
    },
    {
        "apis": {"Shop": {"type": "HTTP", "cors": {"allow_origins": ["*"]}}, "Legacy": {"type": "REST"}},
        "routes": [
            {"path": "/hello/{name}", "method": "ANY", "function": "hello", "api": "Shop"},
            {"path": "/legacy/{all+}", "method": "ANY", "function": "hello", "api": "Legacy"},
        ],
    },
)
TARGETS = [
    b"/hello/a",
    b"/hello/a?b=c&d",
    b"/hello/%ff%00",
    b"/legacy/a/b/",
    b"/_esb/health",
    b"/_esb/ready",
    b"/_esb/nope",
    b"/_url/hello/a?x",
    b"/_url/stream/a",
    b"/2015-03-31/functions/hello/invocations",
    b"/2015-03-31/functions/%3A/invocations?Qualifier=%ff",
    b"/2021-11-15/functions/stream/response-streaming-invocations",
    b"*",
    b"http://hello.lambda-url.localhost/a#b",
    b"//",
    b"/" + b"a" * 40_000,
]
GOOD = b"GET /hello/good HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


class Echo:
    """Answers with the length of the event, in parts where that is wanted."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.paused = 0

    def submit(self, invocation: Invocation, done: Done) -> None:
        self._loop.call_soon(self._answer, invocation, done)

    def pause(self) -> None:
        self.paused += 1

    def resume(self) -> None:
        self.paused = 0

    def _answer(self, invocation: Invocation, done: Done) -> None:
        if invocation.stream is None:
            answer = {"statusCode": 200, "body": str(len(invocation.payload))}
            done(Outcome(Ending.DONE, json.dumps(answer).encode()))
            return
        invocation.stream.begin("text/plain", self)
        invocation.stream.write(b"x" * 100)
        done(Outcome(Ending.DONE, b""))


@pytest.fixture(scope="module", params=[False, True], ids=["open", "signed"])
def listened(request: pytest.FixtureRequest, listen: Any) -> Iterator[Listened]:
    async def serve(up: Callable[..., None], end: asyncio.Event) -> None:
        loop, counter = asyncio.get_running_loop(), itertools.count()
        around = Dependencies(
            call_later=loop.call_later,
            identifiers=Identifiers(lambda count: next(counter).to_bytes(8, "big") * (count // 8)),
            verify=None if not request.param else Verifier(Credentials("a", "s"), lambda: 1.7e9),
            telemetry=Telemetry(
                lambda kind, level, fields: loop.call_exception_handler(fields) if level == "ERROR" else None,
                lambda: 1.7e9,
            ),
            readiness=Readiness(),
        )
        gateway = Gateway(CONFIGURATION, Echo(loop), cast("Any", NoEvents()), FakeMappings(CONFIGURATION), around)
        listener = bind("127.0.0.1", 0)
        async with listening(gateway.handle, listener, grace=1, limits=ConnectionLimits(head=60, body=60)):
            up(listener.getsockname())
            await end.wait()

    with listen(serve) as running:
        yield running


class NoEvents:
    """Takes asynchronous invocations; the rest needs a signature, which nobody here can make."""

    def accept(self, _: Invocation, done: Accepted) -> None:
        done(None)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == 100,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(pieces=conversations(TARGETS, b"localhost"), half_close=st.booleans())
def test_anything(listened: Listened, talk: Any, pieces: list[bytes], half_close: bool) -> None:
    answer = talk(listened.address, pieces, half_close=half_close)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
    assert b" 500 " not in answer.partition(b"\r\n")[0]
    assert talk(listened.address, [GOOD], half_close=True).startswith(b"HTTP/1.1 200 ")
    assert listened.mishaps == []


ENDLESS = {
    "a target": (b"GET /", b"a" * 65536),
    "a header": (b"GET / HTTP/1.1\r\nX: ", b"a" * 65536),
    "headers": (b"GET / HTTP/1.1\r\n", b"X: y\r\n" * 10_000),
    "line ends": (b"", b"\r\n" * 32768),
    "a body": (b"POST /hello/a HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999999\r\n\r\n", b"a" * 65536),
    "chunks": (b"POST /hello/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 10_000),
    "a chunk's extension": (b"POST /hello/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a" * 65536),
    "a trailer": (b"POST /hello/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"a" * 65536),
    "trailers": (b"POST /hello/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 10_000),
    "requests without a route": (b"", b"GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n" * 1000),
    "requests without a reader": (b"", b"GET /hello/a HTTP/1.1\r\nHost: h\r\n\r\n" * 1000),
    "own pages without a reader": (b"", b"GET /_esb/health HTTP/1.1\r\nHost: h\r\n\r\n" * 1000),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_does_not_end_is_not_kept(listened: Listened, talk: Any, name: str) -> None:
    flood(listened.address, *ENDLESS[name])
    assert talk(listened.address, [GOOD], half_close=True).startswith(b"HTTP/1.1 200 ")
    assert listened.mishaps == []
