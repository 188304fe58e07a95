"""What the tests of asynchronous invocations share: a queue in a test's hands, a gateway to be killed."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.session
import pytest

from esb_gateway.async_invoke.event_file import EventFile
from esb_gateway.async_invoke.event_queue import EventQueue
from esb_gateway.dependencies import Readiness, Surroundings
from esb_gateway.identifiers import Identifiers
from esb_gateway.invocation import (
    Done,
    Ending,
    EventInvoke,
    Function,
    Invocation,
    NotAccepted,
    Outcome,
)

T = TypeVar("T")
NOW = 1_700_000_000.0
ARN = "arn:aws:lambda:us-east-1:123456789012:function:"


def function(name: str, **settings: Any) -> Function:
    base = Function(name, ARN + name, "app.handler", "python3.12", 3.0, 128, 0, 2, 300.0, 1000)
    return replace(base, **settings)


@dataclass
class FakeTimer:
    at: float
    call: Callable[[], object]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeStore:
    """A store whose disk is memory; `broken` fails all that is asked of it."""

    def __init__(self, later: Callable[[Callable[[], object]], object], max_bytes: int) -> None:
        self.file = EventFile(None, max_bytes, NOW)
        self.broken = False
        self._later = later

    def do(
        self,
        work: Callable[[EventFile], T],
        done: Callable[[T], object],
        failed: Callable[[NotAccepted], object],
        size: int = 0,
    ) -> None:
        if self.broken:
            self._later(lambda: failed(NotAccepted("The disk is broken.")))
            return
        self.file.begin()
        try:
            result = work(self.file)
        except NotAccepted as refusal:
            error = refusal
            self.file.roll_back()
            self._later(lambda: failed(error))
        else:
            self.file.commit()
            self._later(lambda: done(result))


class FakeInvoker:
    """Runs invocations when the test says so."""

    def __init__(self) -> None:
        self.running: dict[str, Done] = {}
        self.submitted: list[Invocation] = []
        self.refusal: Exception | None = None
        self.refused = 0

    def submit(self, invocation: Invocation, done: Done) -> None:
        if self.refusal is not None:
            self.refused += 1
            raise self.refusal
        assert invocation.request_id not in self.running, "it runs already"
        self.submitted.append(invocation)
        self.running[invocation.request_id] = done


@dataclass
class World:
    """A queue and everything around it."""

    functions: dict[str, Function]
    max_bytes: int = 64 * 1024 * 1024
    now: float = NOW
    timers: list[FakeTimer] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    invoker: FakeInvoker = field(default_factory=FakeInvoker)
    capacity: int = 2
    latency: float = 0.0  # of the disk's answers
    answers: list[NotAccepted | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.numbers = itertools.count(1)
        self.store = FakeStore(lambda call: self.call_later(self.latency, call), self.max_bytes)
        self.queue = self.new_queue()

    def new_queue(self) -> EventQueue:
        self.around = Surroundings(
            clock=lambda: self.now,
            call_later=self.call_later,
            identifiers=Identifiers(os.urandom),
            verify=None,
            log=lambda _type, _level, fields: self.lines.append(fields["message"]),
            readiness=Readiness(),
        )
        queue = EventQueue(self.functions.get, lambda _: self.capacity, self.invoker, self.store, self.around)
        queue.start()
        self.settle()
        return queue

    def restart(self) -> None:
        """As after a kill: what was in memory is gone."""
        self.timers.clear()
        self.invoker = FakeInvoker()
        self.queue = self.new_queue()

    def call_later(self, seconds: float, call: Callable[[], object]) -> FakeTimer:
        self.timers.append(FakeTimer(self.now + seconds, call))
        return self.timers[-1]

    def settle(self) -> None:
        """Do what is due now."""
        while due := [timer for timer in self.timers if timer.at <= self.now]:
            for timer in due:
                self.timers.remove(timer)
                if not timer.cancelled:
                    timer.call()

    def wait(self, seconds: float) -> None:
        """Let time pass, a timer at a time."""
        end = self.now + seconds
        while (nearest := min((timer.at for timer in self.timers), default=end)) < end:
            self.now = max(self.now, nearest)
            self.settle()
        self.now = end
        self.settle()

    def accept(self, name: str = "work", payload: bytes = b"{}") -> str:
        """An accepted event; gives its request id."""
        request_id = f"id-{next(self.numbers)}"
        self.queue.accept(Invocation(name, payload, request_id, "Root=1-0", ARN + name), self.answers.append)
        self.settle()
        return request_id

    def end(self, request_id: str, ending: Ending = Ending.DONE, payload: bytes = b"null") -> None:
        """It has run."""
        self.invoker.running.pop(request_id)(Outcome(ending, payload))
        self.settle()

    def runs(self, request_id: str) -> bool:
        return request_id in self.invoker.running


@pytest.fixture
def make_world() -> Any:
    """`make_world(work=EventInvoke(...), ...)`: functions by name, each with its settings."""
    worlds: list[World] = []

    def make(reserved: int | None = None, max_bytes: int = 64 * 1024 * 1024, **settings: EventInvoke) -> World:
        known = {name: function(name, event_invoke=said) for name, said in settings.items()}
        known["work"] = replace(known.get("work", function("work")), reserved_concurrency=reserved)
        worlds.append(World(known, max_bytes))
        return worlds[-1]

    yield make
    for world in worlds:
        world.store.file.close()


KEYS = ("AKIDEXAMPLE", "example")
SCRIPT = Path(__file__).with_name("durable_host.py")


class Host:
    """A gateway that can be killed and started again on the same port."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.port = 0
        self.start()

    def start(self) -> None:
        command = [sys.executable, str(SCRIPT), str(self.file), str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().rpartition(":")[2])

    def end(self, number: int) -> None:
        self.process.send_signal(number)
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    started = Host(tmp_path / "events.sqlite3")
    yield started
    started.end(signal.SIGKILL)


def signed(method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None) -> dict[str, str]:
    """The headers of a request that botocore has signed."""
    request = botocore.awsrequest.AWSRequest(method, url, headers or {}, body)
    credentials = botocore.credentials.Credentials(*KEYS)
    botocore.auth.SigV4Auth(credentials, "lambda", "us-east-1").add_auth(request)
    return dict(request.headers.items())


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def client(host: Host) -> Iterator[Any]:
    session = botocore.session.Session()
    session.set_config_variable("profile", None)
    made = session.create_client(
        "lambda",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{host.port}",
        aws_access_key_id=KEYS[0],
        aws_secret_access_key=KEYS[1],
        config=botocore.config.Config(proxies={}, retries={"total_max_attempts": 1}),
    )
    yield made
    made.close()
