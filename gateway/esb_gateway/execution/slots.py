"""The words of the state machine: a slot runs one invocation at a time, a work is one invocation on its way.

STARTING ──polls──▶ IDLE ──is given work──▶ BUSY ──answers──▶ RETURNING ──polls──▶ IDLE ...
   any of them ──is stopped, killed, or fails to start──▶ LEAVING ──its end is seen──▶ (gone)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from math import inf
from typing import NamedTuple, Protocol, TypeAlias

from esb_gateway.invocation import Done, Ending, Invocation


class State(Enum):
    """Where a slot is between its start and its end."""

    STARTING = "starting"  # it runs its init code and has not asked for work yet
    IDLE = "idle"
    BUSY = "busy"
    RETURNING = "returning"  # it has answered and has not asked again yet
    LEAVING = "leaving"  # it gets no more work; its end has not been seen yet


@dataclass(slots=True, eq=False)
class Work:
    """An accepted invocation. Times are seconds of the pool's clock."""

    invocation: Invocation
    done: Done
    accepted: float
    started: float = 0.0
    deadline: float = inf
    slot: Slot | None = None


@dataclass(slots=True, eq=False)
class Slot:
    """A place for one running invocation. `deadline` is when it is killed, whatever it does then."""

    number: int
    state: State
    since: float  # when it was started, later when it last became idle
    deadline: float = inf
    work: Work | None = None
    init_seconds: float | None = None  # set once, by the first poll
    hired: bool = False  # started by us; else it came by itself
    retiring: bool = False  # it ends when it has answered what it is at
    runner: Runner = field(init=False)


class Runner(Protocol):
    """What runs the invocations of a slot. No method calls the pool back before it returns."""

    def start(self) -> None:
        """Begin; a start that fails is reported as an exit."""

    def deliver(self, work: Work) -> bool:
        """Hand over the work of a poll. False: not one byte went out, so that it is safe to give it to another slot."""

    def finish(self, work: Work, ending: Ending, duration: float) -> bytes:
        """The work it had has ended, after `duration` seconds. Gives the tail of its log, if that was asked for."""

    def stop(self) -> None:
        """Ask it to end; it is killed if it does not."""

    def kill(self) -> None:
        """End it now, with everything it started."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds that are not a function's own. Both init limits are AWS's: on-demand and provisioned."""

    init: float = 10.0
    provisioned_init: float = 900.0
    queue_wait: float = 60.0
    first_backoff: float = 0.05
    last_backoff: float = 10.0
    farewell: float = 1.0  # from the request to end to the kill


class Answer(NamedTuple):
    """The end of a work, before it becomes the caller's `Outcome`."""

    ending: Ending
    payload: bytes
    content_type: str = "application/json"


Failure: TypeAlias = Callable[[str], bytes]  # request id -> error document


@dataclass(frozen=True, slots=True)
class Outside:
    """What a pool needs of the world.

    `clock` gives seconds, `alarm` asks for a `tick` at such a time (each call replaces the last), `settle` ends a work,
    and `hire` makes the runner of a new slot. Slots may come by themselves and join; without `hire` they all do.
    `started` is told how many seconds a slot took to its first poll.
    """

    clock: Callable[[], float]
    alarm: Callable[[float], None]
    settle: Callable[[Work, Answer], None]
    hire: Callable[[Slot], Runner] | None
    started: Callable[[float], object] = lambda _: None
