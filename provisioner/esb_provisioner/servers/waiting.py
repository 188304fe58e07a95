"""Time, growing pauses, and waiting for the servers: a database that has just started needs seconds, or minutes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from esb_provisioner.servers.errors import ErrorKind, ServerError

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 2.0
CREDENTIALS: Final = "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


class Clock(Protocol):
    """Time as an argument: seconds that only increase, and pauses, which raise Stopped once the run is stopped."""

    def now(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...
    def stop(self) -> None: ...


class Stopped(Exception):
    """The run was stopped from outside, or by an error in another thread."""


class WallClock:
    """The machine's clock."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise Stopped

    def stop(self) -> None:
        """End all pauses, in other threads too."""
        self._stopped.set()


class Backoff:
    """Pauses that grow by half each time, for `limit` seconds altogether."""

    def __init__(self, clock: Clock, limit: float) -> None:
        self._clock = clock
        self._start = clock.now()
        self._limit = limit
        self.next_pause = FIRST_PAUSE

    @property
    def elapsed(self) -> float:
        return self._clock.now() - self._start

    @property
    def expired(self) -> bool:
        return self.elapsed >= self._limit

    def pause(self) -> None:
        self._clock.sleep(min(self.next_pause, self._limit - self.elapsed))
        self.next_pause = min(self.next_pause * 1.5, LONGEST_PAUSE)


class Unreachable(Exception):
    """A server did not answer in time; the text is one sentence."""


class Unauthorized(Exception):
    """A server rejects the credentials; the text is one sentence."""


def wait_for(server: str, probe: Callable[[], object], limit: float, clock: Clock, log: Callable[[str], None]) -> None:
    """Return once the server answers the probe.

    Refused connections, timeouts and errors are retried for `limit` seconds, then Unreachable is raised; wrong
    credentials raise Unauthorized at once.
    """
    backoff = Backoff(clock, limit)
    while True:
        try:
            probe()
            break
        except ServerError as error:
            if error.kind is ErrorKind.UNAUTHORIZED:
                raise Unauthorized(f"{server} rejects the credentials ({error}): {CREDENTIALS}") from None
            if backoff.expired:
                raise Unreachable(
                    f"{server} did not answer within {limit:g} s ({error}); nothing was changed"
                ) from None
        if backoff.next_pause == FIRST_PAUSE:
            log(f"waiting up to {limit:g} s for {server}")
        backoff.pause()
    if backoff.next_pause > FIRST_PAUSE:
        log(f"{server} answered after {backoff.elapsed:.1f} s")
