"""Limits of a listener's clients: their number, their time, and the bytes that each may send."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

MAX_BODY = 10 * 1024 * 1024  # bytes; API Gateway quotas: payload size 10 MB
SMALL_BODY = 1024 * 1024  # bytes; up to this, a `BodyLimit` is not asked
MIN_BODY_PROGRESS = 4096  # bytes of a body, or its end, that have to arrive within `ConnectionLimits.body` seconds


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Times in seconds, checked once a second; sizes in bytes.

    `idle` is the time between requests, `head` from a head's first byte to its last, `body` for each MIN_BODY_PROGRESS
    bytes of a body, `write` the time in which a client reads nothing. While `pipelined` requests wait, no more are
    read. `per_address` of the `connections` may come from one address; None: half of them. `bodies` limits the bodies
    of requests that wait or are incomplete; the share of one address is the same as that of connections.
    """

    idle: float = 75  # longer than usual timeouts of clients, so that these close first
    head: float = 20
    body: float = 30
    write: float = 60
    connections: int = 4096
    per_address: int | None = None
    max_head: int = 32 * 1024
    max_headers: int = 1000
    max_body: int = MAX_BODY
    pipelined: int = 16
    bodies: int = 512 * 1024 * 1024

    @property
    def share(self) -> int:
        """The connections of one address."""
        return (self.connections + 1) // 2 if self.per_address is None else self.per_address


DEFAULT_LIMITS = ConnectionLimits()


class Due(Enum):
    """What a client has to do next."""

    NOTHING = auto()
    REQUEST = auto()  # or nothing, for a while
    HEAD = auto()  # the rest of it
    BODY = auto()
    READ = auto()  # the responses


class Activity(NamedTuple):
    """The history of a connection.

    `due` is one of NOTHING, REQUEST, HEAD, BODY. `is_answered`: every complete request has its response. `parts` counts
    heads and bodies that have arrived completely, `received` and `written` count bytes; `unsent` are of `written`.
    """

    due: Due
    is_answered: bool
    parts: int
    received: int
    written: int
    unsent: int


@dataclass(slots=True)
class _Stopwatch:
    """Measures how long the same thing has been due."""

    _what: object = None
    _since: float = 0.0

    def seconds(self, what: object, now: float) -> float:
        if what != self._what:
            self._what, self._since = what, now
        return now - self._since


@dataclass(slots=True)
class Deadlines:
    """Checks the limits of one client. A timeout begins with the first check that finds something due."""

    limits: ConnectionLimits
    _part: _Stopwatch = field(default_factory=_Stopwatch)
    _read: _Stopwatch = field(default_factory=_Stopwatch)

    def overdue(self, client: Activity, now: float) -> Due | None:
        """The limit that the client has exceeded, or None. `now` is in seconds."""
        due, limits = client.due, self.limits
        is_idle = due is Due.REQUEST and client.is_answered
        progress = client.received // MIN_BODY_PROGRESS if due is Due.BODY else 0
        part = self._part.seconds((due, client.parts, progress, is_idle), now)
        unread = self._read.seconds((client.written - client.unsent, client.unsent > 0), now)
        if client.unsent and unread > limits.write:
            return Due.READ
        if (due is Due.HEAD and part > limits.head) or (due is Due.BODY and part > limits.body):
            return due
        if (is_idle or (due is Due.HEAD and client.is_answered)) and part > limits.idle:
            return Due.REQUEST
        return None
