"""The feed of a storage that calls a webhook: what it has sent, until the gateway reads it.

A request is answered with 200 when its events are on the disk. Any other answer makes RustFS send it again, each tenth
of a second: so a request that will never be understood is answered with 200, too, and logged.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qs

from esb_gateway.storage_events.feed_server import FeedServer, FeedUnavailable
from esb_gateway.storage_events.object_event import MAX_WAIT, ObjectEvent, Page
from esb_gateway.storage_events.received_events import EventFileError, ReceivedEvents
from esb_gateway.storage_events.rustfs import InvalidDocument, object_events
from esb_schemas.agreements.storage_events import PATH, SELF_TEST_PATH, SELF_TEST_PREFIX
from esb_schemas.endpoints import STACK, Endpoint
from esb_wire.http.messages import Request, Response, json_response
from esb_wire.sigv4 import Verify

_PROBES: Final = 100  # keys of objects that tried the webhook
_REPORT_INTERVAL: Final = 60.0  # seconds between two lines about the same trouble

Log = Callable[[str], None]
ENDPOINTS: Final = (
    Endpoint("POST", PATH, "with the storage's token", "the webhook: takes the changes that the storage sends"),
    Endpoint(
        "GET",
        SELF_TEST_PATH,
        STACK,
        f"for the provisioner: whether the change of an object below `{SELF_TEST_PREFIX}` has arrived, and how many "
        "requests have",
        "key=KEY&seconds=S",
    ),
)


class WebhookFeed:
    """The received events, as a feed. Used on one loop. `requests` is the number that this process has accepted."""

    def __init__(self, received: ReceivedEvents) -> None:
        self._received = received
        self._thread = ThreadPoolExecutor(1, "storage-events")
        self._probes: deque[str] = deque(maxlen=_PROBES)
        self._more = asyncio.Event()
        self._begin = received.read_until
        self.requests = 0

    def begin(self) -> int:
        """After what the gateway has read; see `Feed`."""
        return self._begin

    async def read(self, after: int, seconds: float) -> Page:
        """See `Feed`."""
        end = time.monotonic() + seconds
        while True:
            more = self._more
            try:
                page, self._begin = await asyncio.get_running_loop().run_in_executor(self._thread, self._page, after)
            except EventFileError as error:
                raise FeedUnavailable(str(error)) from None
            if page.events or not await _within(more, end):
                return page

    def _page(self, after: int) -> tuple[Page, int]:
        return self._received.page(after), self._received.read_until

    async def has_arrived(self, key: str, seconds: float) -> bool:
        """Whether a change of an object that tries the webhook has arrived, or does within `seconds`."""
        end = time.monotonic() + seconds
        while key not in self._probes:
            if not await _within(self._more, end):
                return False
        return True

    async def accept(self, body: bytes) -> None:
        """Keep the events of a request. Raises InvalidDocument, and EventFileError."""
        try:
            found = list(object_events(json.loads(body)))
        except (ValueError, RecursionError) as error:
            raise InvalidDocument(str(error)) from None
        events = [event for event in found if not event.key.startswith(SELF_TEST_PREFIX)]
        if events:
            await self._keep(sha256(body).digest(), events)
        self._probes += [event.key for event in found if event.key.startswith(SELF_TEST_PREFIX)]
        self.requests += 1
        self._more.set()
        self._more = asyncio.Event()

    async def _keep(self, digest: bytes, events: list[ObjectEvent]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._received.add, digest, events)

    def close(self) -> None:
        self._thread.shutdown()
        self._received.close()


async def _within(event: asyncio.Event, end: float) -> bool:
    """Whether it happens before a time of the monotonic clock."""
    try:
        await asyncio.wait_for(event.wait(), max(end - time.monotonic(), 0))
    except TimeoutError:
        return False
    return True


class WebhookServer(FeedServer):
    """Answers the storage, the gateway that reads the feed, and the provisioner that tries the webhook.

    `verify` checks requests of the last two.
    """

    def __init__(self, feed: WebhookFeed, token: str, verify: Verify, log: Log) -> None:
        super().__init__(feed, verify)
        self._received = feed
        self._expected = f"Bearer {token}".encode()
        self._log = log
        self._logged: dict[str, float] = {}

    async def answer(self, request: Request) -> Response:
        if request.method == "HEAD":  # by which RustFS looks whether the webhook is there
            return Response(200, ())
        if request.method == "POST" and request.path == PATH:
            return await self._accept(request)
        if request.path == SELF_TEST_PATH:
            return await self._self_test(request)
        return await super().answer(request)

    async def _accept(self, request: Request) -> Response:
        if not hmac.compare_digest(request.lowered.get("authorization", "").encode(), self._expected):
            self._report("a request to the webhook has another token: start the storage and this process anew")
            return json_response(403, {"message": "Forbidden"})
        try:
            await self._received.accept(request.body)
        except InvalidDocument as error:
            self._report(f"a request to the webhook is no change of an object, and dropped: {error}")
        except EventFileError as error:
            self._report(f"a request to the webhook is not accepted: {error}")
            return json_response(503, {"message": str(error)})
        return Response(200, ())

    async def _self_test(self, request: Request) -> Response:
        self._verify(request)
        query = parse_qs(request.query)
        key, seconds = query.get("key", [""])[-1], query.get("seconds", ["0"])[-1]
        if request.method != "GET" or not seconds.isdecimal() or not seconds.isascii():
            return json_response(400, {"message": "seconds must be a number"})
        received = await self._received.has_arrived(key, min(float(seconds), MAX_WAIT))
        return json_response(200, {"received": received, "requests": self._received.requests})

    def _report(self, text: str) -> None:
        """One line in a minute for each trouble: RustFS sends again what was not accepted."""
        now = time.monotonic()
        kind = text.partition(":")[0]
        if now - self._logged.get(kind, -_REPORT_INTERVAL) >= _REPORT_INTERVAL:
            self._logged[kind] = now
            self._log(text)
