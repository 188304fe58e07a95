"""When a function whose slots fail to start may try again, and what its callers are answered until then."""

from __future__ import annotations

from math import inf

from esb_gateway.execution.pools.slots import Failure, Limits


class Backoff:
    """Doubles from `first_backoff` to `last_backoff` with every failed attempt; a response resets it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.reset()

    def reset(self) -> None:
        """Forget all attempts, because the code that slots run has changed."""
        self._failed_attempts = 0
        self._failure: Failure | None = None
        self.retry_at = -inf

    def failed(self, now: float, failure: Failure | None) -> None:
        """A slot did not start (`failure` says why), or ended while it was idle (None)."""
        if failure is not None:
            self._failure = failure
        if now < self.retry_at:  # one of several slots that were started together: a single attempt
            return
        doubled = self._limits.first_backoff * 2.0 ** min(self._failed_attempts, 32)
        self.retry_at = now + min(doubled, self._limits.last_backoff)
        self._failed_attempts += 1

    def started(self) -> None:
        """A slot polls for work: callers need no longer see the last failure."""
        self._failure = None

    def worked(self) -> None:
        """A slot responded: the next failure counts as the first one."""
        self._failed_attempts = 0

    def failure(self, now: float) -> Failure | None:
        """Why the last attempt failed; None from the time of the next attempt on."""
        return self._failure if now < self.retry_at else None
