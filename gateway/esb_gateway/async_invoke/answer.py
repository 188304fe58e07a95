"""The file's answers to callbacks, for coroutines, which may be cancelled before an answer comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from esb_gateway.invocation import NotAccepted

T = TypeVar("T")


async def answer(begin: Callable[[Callable[[T], None], Callable[[NotAccepted], None]], object]) -> T:
    """Call `begin` with two callbacks, one of which it calls later, and wait for it. Raises NotAccepted."""
    ended: asyncio.Future[T] = asyncio.get_running_loop().create_future()

    def done(result: T) -> None:
        if not ended.done():
            ended.set_result(result)

    def failed(problem: NotAccepted) -> None:
        if not ended.done():
            ended.set_exception(problem)

    begin(done, failed)
    return await ended
