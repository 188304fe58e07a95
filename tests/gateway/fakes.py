"""Fakes for tests of the gateway: an invoker that does as it is told, and a gateway around it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import botocore
import botocore.config

from esb_gateway.admin.pages import Page
from esb_gateway.admin.readiness import Readiness
from esb_gateway.apis.auth.auth_context import AuthContext
from esb_gateway.configuration.configuration import Configuration
from esb_gateway.event_sources.descriptions import described
from esb_gateway.forwarding.forwarder import Forwarder
from esb_gateway.integrations.service_call import OpenClient
from esb_gateway.invocation import Accepted, Done, Invocation, NotAccepted, Outcome, Throttled
from esb_gateway.serving.dependencies import Dependencies, http_forwarder
from esb_gateway.serving.gateway import Gateway
from esb_gateway.telemetry.counts import RequestCounts
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from esb_wire.http.listener import listening
from esb_wire.http.messages import Request, Response, lower
from esb_wire.http.sockets import bind
from esb_wire.sigv4 import Credentials, Verifier
from tests.fake_offload import FakeOffload

ACCESS_KEY, SECRET_KEY = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = 1705505536.5  # 2024-01-17T15:32:16.500Z


class FakeInvoker:
    """Keeps what was submitted; `answer` decides the outcome, None leaves the caller waiting."""

    def __init__(self) -> None:
        self.submitted: list[Invocation] = []
        self.waiting: list[Done] = []
        self.answer: Callable[[Invocation], Outcome | None] = lambda _: None
        self.later: Callable[[Callable[[], None]], object] = lambda call: call()
        self.throttle: str | None = None

    def submit(self, invocation: Invocation, done: Done) -> None:
        if self.throttle is not None:
            raise Throttled(self.throttle)
        self.submitted.append(invocation)
        outcome = self.answer(invocation)
        if outcome is None:
            self.waiting.append(done)
        else:
            self.later(lambda: done(outcome))


class FakeEvents:
    """Accepts asynchronous invocations, or refuses them all."""

    def __init__(self) -> None:
        self.accepted: list[Invocation] = []
        self.refusal: NotAccepted | None = None

    def accept(self, invocation: Invocation, done: Accepted) -> None:
        self.accepted.append(invocation)
        done(self.refusal)

    def query(self, work: Any, done: Any, failed: Any) -> None:
        raise NotImplementedError

    def is_running(self, function: str, id_: int) -> bool:
        raise NotImplementedError

    def retry(self, request_id: str, done: Any, failed: Any) -> None:
        raise NotImplementedError

    def drop(self, request_id: str, done: Any, failed: Any) -> None:
        raise NotImplementedError


@dataclass
class FakeMappings:
    """Those of a configuration, none of which runs; keeps which of them were switched, and to what."""

    configuration: Configuration
    switched: list[tuple[str, bool]] = field(default_factory=list)

    def documents(self, loaded: float) -> list[dict[str, Any]]:
        return list(described(self.configuration.event_sources, loaded))

    async def switch(self, uuid: str, *, enabled: bool) -> None:
        self.switched.append((uuid, enabled))


@dataclass
class FakeTimer:
    """A timer that the test sets off."""

    seconds: float
    call: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class GatewayHarness:
    """A gateway and everything around it, in the hands of a test."""

    configuration: Configuration
    invoker: FakeInvoker = field(default_factory=FakeInvoker)
    events: FakeEvents = field(default_factory=FakeEvents)
    switched: list[tuple[str, bool]] = field(default_factory=list)  # event source mappings
    timers: list[FakeTimer] = field(default_factory=list)
    lines: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    readiness: Readiness = field(default_factory=Readiness)
    credentials: Credentials | None = None
    counts: RequestCounts = field(default_factory=RequestCounts)
    auth: AuthContext = field(default_factory=AuthContext)
    open_forwarder: Callable[[], Forwarder] = http_forwarder
    offload: FakeOffload = field(default_factory=FakeOffload)
    pages: Mapping[str, Page] = field(default_factory=dict)
    aws: OpenClient = lambda _: None
    clock: Callable[[], float] = lambda: NOW
    in_loop: Callable[..., object] = lambda *_: None  # calls in the loop of a running listener
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)  # of requests without a listener

    def gateway(self) -> Gateway:
        """A new gateway; the same randomness each time."""
        counter = itertools.count()
        return Gateway(
            self.configuration,
            self.invoker,
            self.events,
            FakeMappings(self.configuration, self.switched),
            Dependencies(
                call_later=self._call_later,
                identifiers=Identifiers(lambda count: next(counter).to_bytes(2, "big") * (count // 2)),
                verify=None if self.credentials is None else Verifier(self.credentials, self._now),
                telemetry=Telemetry(lambda *line: self.lines.append(line), self._now, counts=self.counts),
                readiness=self.readiness,
                auth=self.auth,
                open_forwarder=self.open_forwarder,
                offload=self.offload,
            ),
            pages=self.pages,
            aws=self.aws,
        )

    def _now(self) -> float:
        return self.clock()

    def _call_later(self, seconds: float, call: Callable[[], None]) -> FakeTimer:
        self.timers.append(FakeTimer(seconds, call))
        return self.timers[-1]

    def ask(self, request: Request, gateway: Gateway | None = None) -> list[Response]:
        """Handle a request; the list is empty until the gateway has answered, and never has two."""
        answers: list[Response] = []
        asked = gateway or self.gateway()
        self.run(lambda: asked.handle(request, answers.append))
        return answers

    def run(self, call: Callable[[], object]) -> None:
        """Call on the loop, and let the tasks go on until each waits for what the test decides."""

        async def until_idle() -> None:
            call()
            for _ in range(20):
                await asyncio.sleep(0)

        self.loop.run_until_complete(until_idle())

    def close(self) -> None:
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.run(lambda: None)
        self.loop.close()


FUNCTIONS = {
    "functions": {
        "hello": {"handler": "app.handler", "runtime": "python3.12", "aliases": ["live"]},
        "other": {"handler": "app.handler", "runtime": "python3.12"},
        "orders": {
            "handler": "app.handler",
            "runtime": "python3.12",
            "logical_id": "Ordering",
            "aliases": ["live"],
            "published": True,
            "auto_publish_alias": "live",
        },
    }
}
ROUTING: dict[str, Any] = {
    "apis": {
        "Shop": {"type": "HTTP"},
        "Legacy": {"type": "REST", "stage": "Prod"},
        "Pages": {
            "type": "HTTP",
            "cors": {"allow_origins": ["https://shop.example"], "expose_headers": ["X-A"], "max_age": 60},
        },
    },
    "routes": [
        {"path": "/hello", "method": "ANY", "function": "hello", "api": "Shop"},
        {"path": "/legacy", "method": "ANY", "function": "hello", "api": "Legacy", "timeout_in_millis": 50},
        {"path": "/pages", "method": "GET", "function": "hello", "api": "Pages"},
    ],
}


def build_request(
    method: str = "GET",
    target: str = "/",
    headers: list[list[str]] | None = None,
    body: bytes = b"",
    *,
    too_large: bool = False,
) -> Request:
    path, _, query = target.partition("?")
    pairs = tuple((name, value) for name, value in headers or [["Host", "localhost:8080"]])
    return Request(method, path, query, pairs, lower(pairs), body, "192.0.2.1", too_large=too_large)


@contextlib.contextmanager
def running(harness: GatewayHarness) -> Iterator[tuple[str, int]]:
    """The harness's gateway behind a listener, in a thread with a loop of its own; gives host and port."""
    listens, address, ends = threading.Event(), [], []

    async def main() -> None:
        loop, end = asyncio.get_running_loop(), asyncio.Event()
        harness.invoker.later = loop.call_soon
        harness.in_loop = loop.call_soon_threadsafe
        ends.append(end)
        listener = bind("127.0.0.1", 0)
        address.append(listener.getsockname())
        gateway = harness.gateway()
        async with listening(gateway.handle, listener, grace=1, body_limit=gateway.body_limit):
            listens.set()
            await end.wait()
        await gateway.close()

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    try:
        assert listens.wait(60)
        yield address[0]
    finally:
        harness.in_loop(ends[0].set)
        thread.join(60)
    assert not thread.is_alive()


class ClientMaker:
    """Makes Lambda clients that never look at the machine's own configuration."""

    credentials = Credentials(ACCESS_KEY, SECRET_KEY)

    def __init__(self) -> None:
        self._session = boto3.Session()

    @contextlib.contextmanager
    def __call__(self, url: str, keys: tuple[str, str] | None = (ACCESS_KEY, SECRET_KEY)) -> Any:
        options: dict[str, Any] = {"retries": {"max_attempts": 0}, "proxies": {}}
        if keys is None:
            options["signature_version"] = botocore.UNSIGNED
        access, secret = keys or (None, None)
        client = self._session.client(
            "lambda",
            "us-east-1",
            endpoint_url=url,
            aws_access_key_id=access,
            aws_secret_access_key=secret,
            config=botocore.config.Config(**options),
        )
        try:
            yield client
        finally:
            client.close()
