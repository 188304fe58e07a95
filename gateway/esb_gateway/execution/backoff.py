"""When a function whose slots fail to start may try again, and what its callers are told until then."""

from __future__ import annotations

from math import inf

from esb_gateway.execution.slots import Failure, Limits


class Backoff:
    """Doubles from `first_backoff` to `last_backoff` with every failed attempt; an answered invocation resets it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._failed_attempts = 0
        self._failure: Failure | None = None
        self.retry_at = -inf

    def failed(self, now: float, failure: Failure | None) -> None:
        """A slot did not start (`failure` says why), or died with nothing to do (None)."""
        if failure is not None:
            self._failure = failure
        if now < self.retry_at:  # one of several that were started together
            return
        doubled = self._limits.first_backoff * 2.0 ** min(self._failed_attempts, 32)
        self.retry_at = now + min(doubled, self._limits.last_backoff)
        self._failed_attempts += 1

    def started(self) -> None:
        """A slot asks for work: the last failure tells callers nothing any more."""
        self._failure = None

    def worked(self) -> None:
        """A slot answered: the next failure is a first one again."""
        self._failed_attempts = 0

    def failure(self, now: float) -> Failure | None:
        """Why the last attempt failed, as long as there is no next one."""
        return self._failure if now < self.retry_at else None
