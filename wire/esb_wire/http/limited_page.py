"""Limits the CPU time for an expensive page that is public."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from esb_wire.http.messages import Response

_REST: Final = 9  # pause until the page is made again, as a multiple of its CPU time: at most a tenth of one core

Make = Callable[[], Awaitable[tuple[Response, float]]]
Sleep = Callable[[float], Awaitable[None]]


class LimitedPage:
    """Serves the page of `make`, which returns it with its CPU time in seconds.

    A request gets a page that was begun after it arrived; requests that arrive while one is made share the next one.
    """

    def __init__(self, make: Make, clock: Callable[[], float] = time.monotonic, sleep: Sleep = asyncio.sleep) -> None:
        self._make = make
        self._clock = clock
        self._sleep = sleep
        self._lock = asyncio.Lock()
        self._made: tuple[float, Response] | None = None
        self._next_at = 0.0

    async def get(self) -> Response:
        asked = self._clock()
        async with self._lock:
            if self._made is None or self._made[0] < asked:
                await self._sleep(max(0.0, self._next_at - self._clock()))
                begun = self._clock()
                response, seconds = await self._make()
                self._made = begun, response
                self._next_at = self._clock() + _REST * seconds
            return self._made[1]
