"""The interface of event sources: a coroutine for each mapping of a function delivers events to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol
from uuid import NAMESPACE_URL, uuid5

from esb_gateway.clocks import Sleep
from esb_gateway.errors import ConfigurationError
from esb_gateway.event_sources.invoking import Invoking
from esb_gateway.expiry.ttl_removals import TtlRemovals
from esb_gateway.invocation import NotAccepted
from esb_gateway.targets.target import About
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas.contract import Stack
from esb_wire.offload import Offload
from esb_wire.patterns import EVENT_SOURCE_MAPPING, InvalidPattern, Matcher, compile_pattern

FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 10.0  # seconds


class Mapping(Protocol):
    """One event source of one function, as it is configured: a frozen value. Equal mappings need no restart."""

    @property
    def type(self) -> str:
        """The `type` of its entry in functions.yml."""

    @property
    def function(self) -> str:
        """The function's name."""

    @property
    def key(self) -> str:
        """A name that no other mapping of the stack has."""


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """An event for a function, or a message for the queue, topic or bus whose ARN is in the place of its name. It is
    delivered once for the same `key` and `due` (seconds since 1970), however often it is handed over; without `due`,
    each time.

    `about` is for buses, `group` for FIFO queues. `origin` is a hop of its trace, see `esb_wire.trace_hops`; `trace_id`
    is that of what caused it, without which a trace begins.
    """

    function: str
    function_arn: str
    payload: bytes
    key: str
    due: int | None
    about: About | None = None
    group: str | None = None
    origin: str = ""
    trace_id: str | None = None


class Undeliverable(NotAccepted):
    """Its target cannot take the event, however often it is tried."""


class Deliver(Protocol):
    """Delivers an event to its function."""

    async def __call__(self, event: SourceEvent, /) -> None:
        """Return when the event is durable; it then runs as an asynchronous invocation.

        Raises NotAccepted, which is logged; Undeliverable if it is no use to try again.
        """


class EventSource(Protocol):
    """A mapping at work."""

    async def run(self, deliver: Deliver) -> None:
        """Deliver events until cancelled: when the gateway stops, and when the mapping is changed or removed.

        If it raises, it is called again a moment later.
        """


class Checkpoints(Protocol):
    """The durable positions of sources: by a name of the source's own, a text that it understands."""

    async def load(self, name: str) -> str | None:
        """None if nothing was saved."""

    async def save(self, name: str, position: str) -> None:
        """Return when it is durable."""

    async def remove(self, prefix: str, kept: frozenset[str]) -> None:
        """Remove those whose name begins so, but for some."""


@dataclass(frozen=True, slots=True)
class SourceContext:
    """Dependencies of sources. `last_fired` is when a gateway before this one last fired a schedule, in
    seconds since 1970; None for a source that a changed configuration adds. `invoking` is for sources that wait for the
    outcome of what they invoke; None where nothing can be invoked. `checkpoints` is for sources that read a log. With
    `retries_at_once`, for tests, a queue's message that failed does not wait for its visibility timeout.
    `remakes_tables`: the database makes its tables anew at each start, with new streams. `ttl_removals` are the deletes
    of the sweep of expired items. With `offload`, large messages are compared and encoded elsewhere.
    """

    telemetry: Telemetry
    identifiers: Identifiers
    sleep: Sleep
    last_fired: float | None = None
    invoking: Invoking | None = None
    checkpoints: Checkpoints | None = None
    retries_at_once: bool = False
    remakes_tables: bool = False
    ttl_removals: TtlRemovals = field(default_factory=TtlRemovals)
    offload: Offload | None = None

    async def back_off(self, failures: int, longest: float = LONGEST_BACKOFF) -> None:
        """Sleep after a failure, twice as long as after the one before it. `failures` is how many came in a row."""
        await self.sleep(float(min(longest, FIRST_BACKOFF * 2 ** min(failures - 1, 10))))

    async def deliver_persistently(self, deliver: Deliver, event: SourceEvent) -> None:
        """Return when the event is durable, however long the file of events is full or cannot be written.

        Gives up only what no target can take.
        """
        failures = 0
        while True:
            try:
                return await deliver(event)
            except Undeliverable:
                return None
            except NotAccepted:
                failures += 1
                await self.back_off(failures)


class Owner(NamedTuple):
    """The function that a mapping belongs to. `arn` is what its events invoke, `logical_id` the name if the file
    gives none. `may_loop`: a chain of events may invoke it without end.
    """

    name: str
    arn: str
    logical_id: str
    stack: Stack
    may_loop: bool = False


class SourceType(NamedTuple):
    """A kind of event source: `read` compiles an entry, as esb_schemas loads it; `open` makes a source of a mapping."""

    read: Callable[[Any, Owner], Mapping]
    open: Callable[[Any, SourceContext], EventSource]


def mapping_uuid(function_arn: str, name: str) -> str:
    """The UUID of an event source mapping: that of the function's and the mapping's name."""
    return str(uuid5(NAMESPACE_URL, f"{function_arn}/{name}"))


def compile_filters(patterns: Iterable[str], name: str, owner: Owner) -> tuple[Matcher, ...]:
    """The filters of a mapping. Raises ConfigurationError for a pattern that Lambda would refuse."""
    compiled = []
    for pattern in patterns:
        try:
            compiled.append(compile_pattern(pattern, EVENT_SOURCE_MAPPING))
        except InvalidPattern as problem:
            raise ConfigurationError(
                f"functions.yml: functions.{owner.name}.events: the filter {pattern} of {name} is not valid: {problem}"
            ) from None
    return tuple(compiled)
