"""The terms of the state machine: a slot runs one invocation at a time, a work is one accepted invocation.

STARTING ──polls──▶ IDLE ──is given work──▶ BUSY ──responds──▶ RETURNING ──polls──▶ IDLE ...
   any of them ──is stopped, killed, or fails to start──▶ LEAVING ──its end is seen──▶ (gone)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from math import inf
from typing import Final, NamedTuple, Protocol, TypeAlias

from esb_gateway.clocks import Clock
from esb_gateway.invocation import Done, Ending, Invocation


class State(Enum):
    """The state of a slot between its start and its end."""

    STARTING = "starting"  # it runs its init code and has not polled for work yet
    IDLE = "idle"
    BUSY = "busy"
    RETURNING = "returning"  # it has responded and has not polled again yet
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
    """A place for one running invocation. It is killed at `deadline`, whatever state it is in then."""

    number: int
    state: State
    since: float  # when it was started, later when it last became idle
    deadline: float = inf
    work: Work | None = None
    init_seconds: float | None = None  # set once, by the first poll
    managed: bool = False  # the gateway started it and may stop it; else it attached itself
    retiring: bool = False  # it ends after its current invocation
    withdrawn: bool = False  # its container is stopping, and so takes no other slot in its place
    runner: Runner = field(init=False)

    def take_init_seconds(self) -> float | None:
        """Seconds that its init took, for the first invocation that asks; None for the others."""
        seconds, self.init_seconds = self.init_seconds, None
        return seconds


LogTailTaker: TypeAlias = Callable[[bytes], None]


class Runner(Protocol):
    """Runs the invocations of a slot. No method calls the pool back before it returns."""

    @property
    def stop_grace(self) -> float:
        """Seconds that its extensions have to end; it may have more by `Limits`."""

    def start(self) -> None:
        """Begin. A start that fails is reported to the pool as an exit."""

    def deliver(self, work: Work) -> bool:
        """Answer the slot's poll with the work. False: not one byte was sent, so another slot may have it safely."""

    def finish(self, work: Work, ending: Ending, duration: float, finished: LogTailTaker) -> None:
        """The work has ended after `duration` seconds. `finished` gets the tail of its log if the invocation asked for
        it, else nothing; it is called once, now or soon.
        """

    def stop(self) -> None:
        """Ask the runtime to end. The pool kills it if it does not."""

    def kill(self) -> None:
        """End the runtime now, with every process that it started."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that do not depend on the function. Both init limits are AWS's, for on-demand and provisioned slots."""

    init: float = 10.0
    provisioned_init: float = 900.0
    queue_wait: float = 60.0
    first_backoff: float = 0.05
    last_backoff: float = 10.0
    stop_grace: float = 1.0  # between the request to end and the kill
    shutdown: float = 2.0  # the same with extensions, for these and the runtime together; AWS's limit


NO_DEADLINE: Final = 86_400.0  # seconds: a day. Runtimes are told of a deadline, so infinity is none of its values
DEBUG_LIMITS: Final = Limits(init=NO_DEADLINE, provisioned_init=NO_DEADLINE, queue_wait=NO_DEADLINE)


class Result(NamedTuple):
    """The result of a work; with times and the log tail it becomes the caller's `Outcome`."""

    ending: Ending
    payload: bytes
    content_type: str = "application/json"


Failure: TypeAlias = Callable[[str], bytes]  # request id -> error document


@dataclass(frozen=True, slots=True)
class PoolCallbacks:
    """The actions of a pool on the world.

    `alarm` asks for a `tick` at a time of `clock`; each call replaces the one before. `finished` reports the end of a
    work. `new_runner` makes the runner of a new slot; if it is None, all slots attach themselves. `slot_started` gets
    the seconds from a slot's start to its first poll. `waits` is told of an invocation that waits because every slot
    that may exist is busy, of one a second at most.
    """

    clock: Clock
    alarm: Callable[[float], None]
    finished: Callable[[Work, Result], None]
    new_runner: Callable[[Slot], Runner] | None
    slot_started: Callable[[float], object] = lambda _: None
    waits: Callable[[Invocation], object] = lambda _: None
