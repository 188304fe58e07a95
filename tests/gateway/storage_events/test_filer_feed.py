"""Pages of the filer's log, and requests for them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable

import pytest

from esb_gateway.storage_events.feed_server import FeedServer
from esb_gateway.storage_events.filer_feed import read_changes
from esb_gateway.storage_events.object_event import MAX_PAGE, PATH, Page
from esb_wire.http.messages import Request, Response
from esb_wire.sigv4 import for_operators
from tests.gateway.storage_events.messages import TIME, entry, message

MILLISECOND = 10**6


def changes(moments: Iterable[int]) -> list[bytes]:
    """A new object for each moment, in nanoseconds after TIME, with it as its name."""
    return [message("/buckets/uploads", None, entry(str(moment), 1), TIME + moment) for moment in moments]


def read(messages: Iterable[bytes], after: int) -> Page:
    async def sent() -> AsyncIterator[bytes]:
        for each in messages:
            yield each
        await asyncio.Event().wait()

    return asyncio.run(read_changes(sent(), after, 0.1))


def keys(page: Page) -> list[str]:
    return [event.key for event in page.events]


def test_a_page_has_what_happened_after_a_time() -> None:
    page = read(changes([1, 2, 3]), TIME + 1)
    assert (keys(page), page.cursor) == (["2", "3"], str(TIME + 3))
    assert read([], TIME) == Page(str(TIME), [])


def test_of_two_changes_at_once_the_later_may_be_sent_first() -> None:
    page = read(changes([1, 3, 2]), TIME)
    assert (keys(page), page.cursor) == (["1", "3", "2"], str(TIME + 3))


def test_a_change_that_was_on_its_way_when_a_page_was_full_is_in_the_next_one() -> None:
    moments = [number * MILLISECOND for number in range(1, MAX_PAGE + 50)]
    late = MAX_PAGE - 5
    moments.remove(late * MILLISECOND)
    moments.insert(MAX_PAGE, late * MILLISECOND)
    found, after = [], TIME
    while page := read(changes(moments), after).events:
        found += [int(event.key) for event in page]
        after = max(event.time_ns for event in page)
    assert sorted(found) == sorted(moments)


@pytest.mark.parametrize("are_events", [True, False])
def test_a_page_ends_while_others_come(are_events: bool) -> None:
    """Changes that are no events, such as parts of uploads, do not lengthen it either."""

    async def sent() -> AsyncIterator[bytes]:
        moment = time.time_ns()
        while True:
            yield message("/buckets/files" if are_events else "/topics", None, entry("a", 1), moment)
            await asyncio.sleep(0.001)
            moment = time.time_ns()

    async def main() -> Page:
        async with asyncio.timeout(60):
            return await read_changes(sent(), TIME, 0.1)

    page = asyncio.run(main())
    assert int(page.cursor) > TIME
    assert bool(page.events) == are_events


class EmptyFeed:
    """Notes what is asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, float]] = []

    def begin(self) -> int:
        return 0

    async def read(self, after: int, seconds: float) -> Page:
        self.asked.append((after, seconds))
        return Page(str(after))


def ask(feed: EmptyFeed, query: str) -> Response:
    async def main() -> Response:
        answered: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        server = FeedServer(feed, for_operators(None))
        server.handle(Request("GET", PATH, query, (), {}, b"", ""), answered.set_result)
        return await asyncio.wait_for(answered, 60)

    return asyncio.run(main())


def test_a_request_waits_for_as_long_as_it_says_but_not_longer_than_the_server_allows() -> None:
    feed = EmptyFeed()
    assert json.loads(ask(feed, "after=5&seconds=3").body) == {"cursor": "5", "events": []}
    ask(feed, "after=5&seconds=1000")
    assert feed.asked == [(5, 3), (5, 20)]


@pytest.mark.parametrize("query", ["after=x", "after=%C2%B2", "after=1&seconds=nan", "after=" + "1" * 5000])
def test_what_is_no_number_is_refused(query: str) -> None:
    assert ask(EmptyFeed(), query).status == 400


class BrokenFeed(EmptyFeed):
    """Has a defect."""

    async def read(self, after: int, seconds: float) -> Page:
        raise KeyError(after)


def test_a_defect_is_an_answer_too() -> None:
    assert ask(BrokenFeed(), "after=5").status == 500
