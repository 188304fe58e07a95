"""A page that takes CPU time to make, and that anybody may ask for as often as they like."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from esb_wire.http.messages import Response

_REST: Final = 9  # times as long as it took to make the page, until it is made again: a tenth of the time at most


class LimitedPage:
    """The page that `make` gives. Whoever asks while it is made or still new gets the same one."""

    def __init__(self, make: Callable[[], Awaitable[Response]], clock: Callable[[], float] = time.monotonic) -> None:
        self._make = make
        self._clock = clock
        self._lock = asyncio.Lock()
        self._response: Response | None = None
        self._stale_at = 0.0

    async def get(self) -> Response:
        async with self._lock:
            if self._response is None or self._clock() >= self._stale_at:
                begun = self._clock()
                self._response = await self._make()
                ended = self._clock()
                self._stale_at = ended + _REST * (ended - begun)
            return self._response
