"""The next step of an asynchronous invocation, from its outcome and the time. Pure.

The rules are those of "How Lambda handles errors and retries with asynchronous invocation" and "Capturing records of
Lambda asynchronous invocations" in AWS's Lambda developer guide:

- A function that fails is run again after one minute, then after two; timeouts and crashes are failures too.
- A throttle uses up no retry. It is tried again after 1 s, then after twice as long each time, up to 5 minutes. Here
  the function's whole queue waits, since each of its events would be throttled too.
- No attempt begins after the event's maximum age, and none is planned for later.
- Without reserved concurrency, nothing is tried.
- Nor is what a chain of events has invoked 16 times before, unless the function may be in a loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from esb_gateway.invocation import DEFAULT_EVENT_INVOKE, Ending, Function, Invocation, Outcome
from esb_gateway.tracing.lineage import is_loop
from esb_schemas.contract import Destination, EventInvoke

MAX_CHAIN: Final = 16  # events in a row; AWS's detection of recursive loops stops there, too


@dataclass(frozen=True, slots=True)
class Event:
    """An accepted asynchronous invocation. Times are seconds since 1970; `id` is the file's."""

    invocation: Invocation
    accepted: float
    due: float
    attempts: int = 0  # that have failed
    chain: int = 0  # how many destinations led to it
    id: int = 0

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return len(self.invocation.payload) + len(self.invocation.client_context or "")


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds. `retries` are those before the second and the third attempt; a throttle's double from first to last."""

    retries: tuple[float, ...] = (60.0, 120.0)
    first_throttle: float = 1.0
    last_throttle: float = 300.0

    def retry(self, attempts: int) -> float:
        """The delay after this number of failed attempts."""
        return self.retries[min(attempts, len(self.retries)) - 1]

    def throttle(self, count: int) -> float:
        """The delay after this number of throttles in a row."""
        return float(min(self.last_throttle, self.first_throttle * 2 ** min(count - 1, 30)))


AWS_DELAYS: Final = Delays()
TEST_DELAYS: Final = Delays(retries=(0.05, 0.1), first_throttle=0.05, last_throttle=1.0)
"""Of `esb-gateway local --testing`: as many attempts, without minutes between them."""


class Condition(Enum):
    """The end of an event, in the words of AWS's records."""

    SUCCESS = "Success"
    RETRIES_EXHAUSTED = "RetriesExhausted"
    EVENT_AGE_EXCEEDED = "EventAgeExceeded"
    ZERO_RESERVED_CONCURRENCY = "ZeroReservedConcurrency"
    RECURSIVE_LOOP = "RecursiveLoop"  # a name of ESB's own: AWS documents none


@dataclass(frozen=True, slots=True)
class Retry:
    """The event runs again."""

    due: float
    attempts: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The event does not run again. `response` is that of the last attempt, None if there was none."""

    condition: Condition
    attempts: int
    response: bytes | None = None


Step: TypeAlias = Retry | Ended


def policy_of(function: Function | None) -> EventInvoke:
    """The function's settings; AWS's defaults if the function is gone."""
    return DEFAULT_EVENT_INVOKE if function is None else function.event_invoke


def before_attempt(event: Event, function: Function | None, now: float) -> Ended | None:
    """Why the event must not be tried any more; None: it may."""
    if function is not None and function.reserved_concurrency == 0:
        return Ended(Condition.ZERO_RESERVED_CONCURRENCY, event.attempts)
    if function is not None and not function.may_loop and is_loop(event.invocation.trace_id, function.name):
        return Ended(Condition.RECURSIVE_LOOP, event.attempts)
    if now >= event.accepted + policy_of(function).maximum_event_age:
        return Ended(Condition.EVENT_AGE_EXCEEDED, event.attempts)
    return None


def after_attempt(event: Event, outcome: Outcome, policy: EventInvoke, now: float, delays: Delays = AWS_DELAYS) -> Step:
    """The next step after an attempt that ran."""
    attempts = event.attempts + 1
    if outcome.ending is Ending.DONE:
        return Ended(Condition.SUCCESS, attempts, outcome.payload)
    if attempts > policy.maximum_retry_attempts:
        return Ended(Condition.RETRIES_EXHAUSTED, attempts, outcome.payload)
    due = now + delays.retry(attempts)
    if due >= event.accepted + policy.maximum_event_age:
        return Ended(Condition.EVENT_AGE_EXCEEDED, attempts, outcome.payload)
    return Retry(due, attempts)


def destinations(ended: Ended, policy: EventInvoke) -> tuple[Destination, ...]:
    """The destinations of an ended event's record, each once; a function that is named as dead letter gets it, too."""
    success, dead = ended.condition is Condition.SUCCESS, policy.dead_letter
    function = dead if dead is not None and dead.function is not None else None
    wanted = [policy.on_success] if success else [policy.on_failure, function]
    return tuple(dict.fromkeys(each for each in wanted if each is not None))


def dead_letter_queue(ended: Ended, policy: EventInvoke) -> Destination | None:
    """The queue or topic that gets the event itself if it failed."""
    dead = policy.dead_letter
    failed = ended.condition is not Condition.SUCCESS
    return dead if failed and dead is not None and dead.function is None else None
