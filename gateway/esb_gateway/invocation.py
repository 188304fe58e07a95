"""The values that pass between the side that takes requests and the side that runs functions.

The HTTP side creates an `Invocation` and hands it to an `Invoker` with a callback; the runtime side calls back once,
with an `Outcome`, on the same event loop. Callbacks, not awaitables: a task and a future for each request are most of
what a framework costs. Values that are created for each request are NamedTuples, here and in apis/: a frozen dataclass
takes two to three times as long to create, which was a tenth of the CPU time of a request.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from esb_schemas.contract import Build, EventInvoke, version_of
from esb_wire.http.body_stream import Producer

# "Lambda quotas": the payload of a synchronous and of an asynchronous invocation, in bytes.
MAX_SYNC_PAYLOAD: Final = 6 * 1024 * 1024
MAX_ASYNC_PAYLOAD: Final = 1024 * 1024

_MAX_PARSED: Final = 64 * 1024  # bytes of an error document; a larger one would hold up the event loop

DEFAULT_EVENT_INVOKE: Final = EventInvoke()


class StreamSink(Protocol):
    """Takes a function's response while it is produced. The invocation's `done` ends it; later data is ignored."""

    def begin(self, content_type: str, source: Producer) -> None:
        """The function streams its response. Called at most once."""

    def write(self, data: bytes) -> None:
        """The next part of the response."""


class Invocation(NamedTuple):
    """One request to run a function once.

    `payload` is the event as JSON bytes. `request_id` is a UUID, `trace_id` the whole `X-Amzn-Trace-Id` value
    (`Root=1-...;Parent=...;Sampled=0`), `arn` the ARN the caller used, qualifier included. `client_context` and
    `cognito_identity` are JSON texts that are passed on unread. With a `stream`, a response that the function streams
    goes there and is missing from the Outcome; one that it does not stream is in the Outcome. `caller` is the function
    that has called the Invoke API with credentials of its own.
    """

    function: str
    payload: bytes
    request_id: str
    trace_id: str
    arn: str
    client_context: str | None = None
    cognito_identity: str | None = None
    want_log_tail: bool = False
    stream: StreamSink | None = None
    caller: str = ""


class Ending(StrEnum):
    """The end of an invocation."""

    DONE = "done"
    FUNCTION_ERROR = "function error"
    TIMED_OUT = "timed out"
    EXITED = "exited"
    INIT_ERROR = "init error"
    TOO_BIG = "response too big"
    STOPPED = "stopped"  # the gateway stopped while it ran
    NOT_RUN = "not run"  # accepted, but no slot was free within the longest wait, or the gateway stopped


class Outcome(NamedTuple):
    """The end of an invocation.

    `payload` is the function's JSON response, or AWS's error document (`errorMessage`, `errorType`, ...) for every
    ending but DONE. `log_tail` is at most the last 4 KB of the log, and empty unless the invocation wanted it.
    """

    ending: Ending
    payload: bytes
    log_tail: bytes = b""
    content_type: str = "application/json"
    duration_ms: float = 0.0

    @property
    def error_type(self) -> str:
        """The `errorType` of the error document; empty if it returned, or if no small document names one."""
        if self.ending is Ending.DONE or len(self.payload) > _MAX_PARSED:
            return ""
        try:
            document = json.loads(self.payload)
        except (ValueError, RecursionError):
            return ""
        return str(document.get("errorType", "")) if isinstance(document, dict) else ""


class Throttled(Exception):
    """The function takes no more work now; `reason` is AWS's `Reason` of TooManyRequestsException."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class NoSuchFunction(Exception):
    """There is no function of this name."""


def json_or_text(payload: bytes) -> Any:
    """A payload to be shown: JSON as a value, anything else as text."""
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return payload.decode("utf-8", "replace")


class NotAccepted(Exception):
    """An event could not be made durable. `full`: because the queue is full, and not because of a defect."""

    def __init__(self, message: str, *, full: bool = False) -> None:
        self.full = full
        super().__init__(message)


Done: TypeAlias = Callable[[Outcome], None]
Accepted: TypeAlias = Callable[[NotAccepted | None], None]


class Invoker(Protocol):
    """Runs functions."""

    def submit(self, invocation: Invocation, done: Done) -> None:
        """Queue or start the invocation; `done` is called exactly once, never before this returns.

        Raises `NoSuchFunction` or `Throttled`, and then never calls `done`.
        """


class FunctionInvoker(Invoker, Protocol):
    """Runs functions, and knows how they are configured now."""

    def find(self, function: str) -> Function | None:
        """The function; None if it is gone."""

    def capacity(self, function: str) -> int:
        """The number of the function's invocations that may run at once."""


class EventAcceptor(Protocol):
    """Takes asynchronous invocations."""

    def accept(self, invocation: Invocation, done: Accepted) -> None:
        """Make the invocation durable, then run it at least once.

        `done` is called once, on the loop: with None when it is durable, else with the reason why it does not run.
        """


@dataclass(frozen=True, slots=True)
class Function:
    """A function of functions.yml, with every default filled in."""

    name: str
    arn: str
    handler: str
    runtime: str
    timeout: float  # seconds
    memory_size: int  # MB
    min_capacity: int
    max_capacity: int
    idle_timeout: float  # seconds
    queue_depth: int
    reserved_concurrency: int | None = None
    code: str | None = None  # relative to the folder that holds config/
    layers: tuple[str, ...] = ()
    builds: Mapping[str, Build] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    secret_environment: tuple[str, ...] = ()  # names; only containers and embedded mode have the values
    log_format: str = "Text"
    egress: bool = True
    may_loop: bool = False  # RecursiveLoop: Allow
    description: str | None = None
    package_type: str = "Zip"
    architecture: str = "x86_64"
    ephemeral_storage: int = 512  # MB
    logical_id: str | None = None
    aliases: tuple[str, ...] = ()
    published: bool = False
    auto_publish_alias: str | None = None
    event_invoke: EventInvoke = DEFAULT_EVENT_INVOKE
    debugged: bool = False

    @property
    def version(self) -> str:
        """The version that its processes run as."""
        return version_of(published=self.published)

    @property
    def trigger_arn(self) -> str:
        """The ARN that its routes, URL and events invoke."""
        return f"{self.arn}:{self.auto_publish_alias}" if self.auto_publish_alias else self.arn

    def executed_version(self, arn: str) -> str:
        """The version that an invocation of this ARN is answered by; each qualifier but $LATEST means the only one."""
        return "$LATEST" if arn == self.arn or arn.endswith(":$LATEST") else self.version
