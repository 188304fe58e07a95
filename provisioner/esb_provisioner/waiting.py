"""Waiting for the servers: a database that has just been started needs seconds, or minutes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from esb_provisioner.answers import Kind, ServerError

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 2.0


CREDENTIALS: Final = "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


class Clock(Protocol):
    """Time as an argument: seconds that only grow, and pauses, which end in Stopped once the run is stopped."""

    def now(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...
    def stop(self) -> None: ...


class Stopped(Exception):
    """The run was stopped from outside, or by an error elsewhere."""


class WallClock:
    """The machine's clock."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def now(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Pause; raises Stopped as soon as the run is stopped."""
        if self._stopped.wait(seconds):
            raise Stopped

    def stop(self) -> None:
        """End all pauses, those of other threads too."""
        self._stopped.set()


class Unreachable(Exception):
    """A server did not answer in time; the text is one sentence."""


class Unauthorized(Exception):
    """A server does not take the credentials; the text is one sentence."""


def wait_for(place: str, probe: Callable[[], object], limit: float, clock: Clock, say: Callable[[str], None]) -> None:
    """Return once the server answers the probe.

    Refused connections, timeouts and error answers are tried again until `limit` seconds have gone by, then
    Unreachable is raised; wrong credentials raise Unauthorized at once.
    """
    start, pause = clock.now(), FIRST_PAUSE
    while True:
        try:
            probe()
        except ServerError as error:
            if error.kind is Kind.UNAUTHORIZED:
                raise Unauthorized(f"{place} does not take the credentials ({error}): {CREDENTIALS}") from None
            left = start + limit - clock.now()
            if left <= 0:
                raise Unreachable(f"{place} did not answer within {limit:g} s ({error}); nothing was changed") from None
            if pause == FIRST_PAUSE:
                say(f"waiting up to {limit:g} s for {place}")
            clock.sleep(min(pause, left))
            pause = min(pause * 1.5, LONGEST_PAUSE)
        else:
            break
    if pause > FIRST_PAUSE:
        say(f"{place} answered after {clock.now() - start:.1f} s")
