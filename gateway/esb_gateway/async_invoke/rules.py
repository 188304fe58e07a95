"""What comes next for an asynchronous invocation. Pure: an event, what happened to it and the time, to a step.

The rules are those of "How Lambda handles errors and retries with asynchronous invocation" and "Capturing records of
Lambda asynchronous invocations" in AWS's Lambda developer guide:

- A function that fails is run again after one minute, then after two; timeouts and crashes are failures too.
- A throttle uses up no retry. It is tried again after 1 s, then after twice as long each time, up to 5 minutes. Here
  the function's whole queue waits, since each event in it would meet with the same.
- No attempt begins when the event's age is over, and none is planned for then.
- With no reserved concurrency at all, nothing is tried.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from esb_gateway.invocation import DEFAULT_EVENT_INVOKE, Destination, Ending, EventInvoke, Function, Invocation, Outcome

MAX_CHAIN: Final = 16  # as many as AWS's detection of recursive loops lets pass


@dataclass(frozen=True, slots=True)
class Event:
    """An accepted asynchronous invocation. Times are seconds since 1970; `id` is the file's."""

    invocation: Invocation
    accepted: float
    due: float
    attempts: int = 0  # how often it has run, and failed
    chain: int = 0  # how many destinations it has come through
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
        """How long to wait after so many failed attempts."""
        return self.retries[min(attempts, len(self.retries)) - 1]

    def throttle(self, count: int) -> float:
        """How long to wait after so many throttles in a row."""
        return float(min(self.last_throttle, self.first_throttle * 2 ** min(count - 1, 30)))


AWS_DELAYS: Final = Delays()


class Condition(Enum):
    """How an event ended, in the words of AWS's records."""

    SUCCESS = "Success"
    RETRIES_EXHAUSTED = "RetriesExhausted"
    EVENT_AGE_EXCEEDED = "EventAgeExceeded"
    ZERO_RESERVED_CONCURRENCY = "ZeroReservedConcurrency"


@dataclass(frozen=True, slots=True)
class Again:
    """It runs once more."""

    due: float
    attempts: int


@dataclass(frozen=True, slots=True)
class Over:
    """It does not run again. `response` is what the last attempt answered, None when there was none."""

    condition: Condition
    attempts: int
    response: bytes | None = None


Step: TypeAlias = Again | Over


@dataclass(frozen=True, slots=True)
class Routes:
    """Where the record of an event goes: functions that are invoked, and ARNs that nothing here delivers to.

    `keep`: nowhere, though it failed; it is kept for a person to see.
    """

    functions: tuple[str, ...] = ()
    arns: tuple[str, ...] = ()
    keep: bool = False


def policy_of(function: Function | None) -> EventInvoke:
    """The function's settings; AWS's defaults for one that is no longer there."""
    return DEFAULT_EVENT_INVOKE if function is None else function.event_invoke


def before(event: Event, function: Function | None, now: float) -> Over | None:
    """Why the event must not be tried any more; None: it may."""
    if function is not None and function.reserved_concurrency == 0:
        return Over(Condition.ZERO_RESERVED_CONCURRENCY, event.attempts)
    if now >= event.accepted + policy_of(function).maximum_event_age:
        return Over(Condition.EVENT_AGE_EXCEEDED, event.attempts)
    return None


def after(event: Event, outcome: Outcome, policy: EventInvoke, now: float, delays: Delays = AWS_DELAYS) -> Step:
    """What comes after an attempt that ran."""
    attempts = event.attempts + 1
    if outcome.ending is Ending.DONE:
        return Over(Condition.SUCCESS, attempts, outcome.payload)
    if attempts > policy.maximum_retry_attempts:
        return Over(Condition.RETRIES_EXHAUSTED, attempts, outcome.payload)
    due = now + delays.retry(attempts)
    if due >= event.accepted + policy.maximum_event_age:
        return Over(Condition.EVENT_AGE_EXCEEDED, attempts, outcome.payload)
    return Again(due, attempts)


def routes(over: Over, policy: EventInvoke) -> Routes:
    """Where an ended event's record goes; a failed one that has nowhere to go is kept."""
    if over.condition is Condition.SUCCESS:
        return _routes([policy.on_success], keep=False)
    targets = [policy.on_failure, policy.dead_letter]
    return _routes(targets, keep=not any(targets))


def _routes(targets: Iterable[Destination | None], *, keep: bool) -> Routes:
    wanted = [target for target in targets if target is not None]
    functions = dict.fromkeys(target.function for target in wanted if target.function is not None)
    arns = tuple(dict.fromkeys(target.arn for target in wanted if target.function is None))
    return Routes(tuple(functions), arns, keep)
