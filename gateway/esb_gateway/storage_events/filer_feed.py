"""The feed of SeaweedFS, read from its filer for each request.

It runs in the network namespace of the storage, where the filer listens on loopback. After a restart of the storage
that namespace is dead: so the process ends if the filer cannot be reached for a while, and is started again.
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Final

from esb_gateway.storage_events.feed_server import FeedUnavailable
from esb_gateway.storage_events.filer import SUBSCRIBE, object_events, subscription, time_of
from esb_gateway.storage_events.grpc_stream import StreamEnded, call
from esb_gateway.storage_events.object_event import MAX_PAGE, ObjectEvent, Page
from esb_gateway.storage_events.protobuf import InvalidMessage

UNREACHABLE: Final = 5.0  # seconds
CHECK_INTERVAL: Final = 1.0
_FIRST: Final = 60 * 10**9  # nanoseconds before the first request for a cursor, which nobody else could have read
_GATHER: Final = 0.02  # seconds without another event, after which a page ends
_LONGEST_GATHER: Final = 0.2  # seconds after the first event of a page, after which it ends while others come


async def read_changes(messages: AsyncIterator[bytes], after: int, seconds: float) -> Page:
    """A page of the filer's messages after a time, in nanoseconds since 1970. Raises InvalidMessage.

    The filer's log on the disk has a file for each minute, of which it sends what is older, too. Of two changes that
    are made at once, the later may be sent first. So a page that ends while others come, because it is full or its time
    is over, ends before its newest changes: the next one has them, and those that were on their way.
    """
    events: list[ObjectEvent] = []
    last = after
    begun = time.monotonic()
    end = begun + max(seconds, _LONGEST_GATHER)
    while len(events) < MAX_PAGE and not (last > after and time.monotonic() >= end):
        left = begun + seconds - time.monotonic()
        wait = _GATHER if events else max(_GATHER, left)  # older changes may take longer to pass
        try:
            message = await asyncio.wait_for(anext(messages), wait)
        except TimeoutError:
            return Page(str(last), events)
        moment = time_of(message)
        if moment > after:
            if (found := list(object_events(message))) and not events:
                end = time.monotonic() + _LONGEST_GATHER
            events += found
            last = max(last, moment)
    settled_until = last - round(_GATHER * 10**9)
    settled = [event for event in events if event.time_ns < settled_until]
    if settled:
        return Page(str(max(event.time_ns for event in settled)), settled)
    return Page(str(last if events else max(after, settled_until)), events)


class FilerFeed:
    """Reads pages from the filer at an address."""

    def __init__(self, address: tuple[str, int], tls: ssl.SSLContext) -> None:
        self._address = address
        self._tls = tls
        self._started = time.time_ns()

    def begin(self) -> int:
        """The start of this process, or a minute ago, if it has run for longer."""
        return max(self._started, time.time_ns() - _FIRST)

    async def read(self, after: int, seconds: float) -> Page:
        """See `read_changes`. Raises FeedUnavailable."""
        request = subscription(after, secrets.randbits(31))
        try:
            async with aclosing(call(self._address, SUBSCRIBE, request, self._tls)) as messages:
                return await read_changes(messages, after, seconds)
        except (StreamEnded, InvalidMessage) as error:
            raise FeedUnavailable(f"The log of the storage cannot be read: {error}") from None

    async def is_reachable(self) -> bool:
        """Whether the filer accepts connections."""
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(*self._address), CHECK_INTERVAL)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    async def watch(self) -> None:
        """Return when the filer could not be reached for `UNREACHABLE` seconds."""
        last = time.monotonic()
        while time.monotonic() - last < UNREACHABLE:
            await asyncio.sleep(CHECK_INTERVAL)
            if await self.is_reachable():
                last = time.monotonic()
