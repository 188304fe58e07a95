"""How long clients of the public listener may take, and how many of them there may be."""

from __future__ import annotations

from dataclasses import dataclass

LEAST_BODY = 4096  # bytes of a body that have to come while `Patience.body` seconds pass, unless it ends


@dataclass(frozen=True, slots=True)
class Patience:
    """Times in seconds, looked at once a second. `idle` is between requests, `head` from a head's first byte to its
    last, `body` for each 4 KB of a body, `write` without a byte that the client takes.
    """

    idle: float = 75  # longer than the clients' own, so that they close first
    head: float = 20
    body: float = 30
    write: float = 60
    connections: int = 4096


DEFAULT_PATIENCE = Patience()


@dataclass(slots=True)
class Door:
    """What all connections of a listener have in common.

    `fast` is the short way of fastpath.py; `draining` makes each answer the last one of its connection.
    """

    patience: Patience = DEFAULT_PATIENCE
    fast: bool = True
    draining: bool = False


@dataclass(slots=True)
class Progress:
    """What a client has done since it was last looked at; counted as it comes, judged at the looks."""

    received: int = 0  # bytes
    drained: int = 0  # times that a full connection had room again
    _since: float | None = None  # of the head or the stretch of a body that is waited for
    _received_then: int = 0
    _unsent: int = 0
    _drained_then: int = 0
    _unsent_since: float = 0.0

    def next_part(self) -> None:
        """A head or a body is complete."""
        self._since = None

    def rest(self, now: float) -> None:
        """Nothing is waited for."""
        self._since = now

    def head_took(self, now: float) -> float:
        """The seconds since a look first found this head begun."""
        if self._since is None:
            self._since = now
        return now - self._since

    def body_took(self, now: float) -> float:
        """The seconds that the present stretch of a body has taken."""
        if self._since is None or self.received - self._received_then >= LEAST_BODY:
            self._since = now
            self._received_then = self.received
        return now - self._since

    def is_stuck(self, now: float, unsent: int, longest: float) -> bool:
        """Whether `unsent` bytes wait for longer than that without one of them being taken."""
        if unsent == 0 or self._unsent == 0 or unsent < self._unsent or self.drained != self._drained_then:
            self._unsent_since = now
        self._unsent, self._drained_then = unsent, self.drained
        return unsent > 0 and now - self._unsent_since > longest
