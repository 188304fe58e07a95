"""Pages that take long to make."""

from __future__ import annotations

import asyncio

import pytest

from esb_wire.http.limited_page import LimitedPage
from esb_wire.http.messages import Response


class Maker:
    """Makes a page in 2 s of its own clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.times = 0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def make(self) -> tuple[Response, float]:
        self.times += 1
        await asyncio.sleep(0)
        self.now += 2
        return Response(200, (), f"{self.times}".encode()), 2


def test_those_who_ask_while_a_page_is_made_share_the_next_one() -> None:
    async def scenario() -> None:
        maker = Maker()
        page = LimitedPage(maker.make, maker.clock, maker.sleep)
        first = asyncio.create_task(page.get())
        await asyncio.sleep(0)
        maker.now += 1
        others = await asyncio.gather(*[page.get() for _ in range(10)])
        assert ((await first).body, {each.body for each in others}) == (b"1", {b"2"})

    asyncio.run(scenario())


def test_a_page_is_made_for_a_tenth_of_the_time() -> None:
    async def scenario() -> None:
        maker = Maker()
        page = LimitedPage(maker.make, maker.clock, maker.sleep)
        for number in range(1, 11):
            assert (await page.get()).body == str(number).encode()
        assert maker.now == 10 * 2 + 9 * 9 * 2
        maker.now += 100
        await page.get()
        assert maker.now == 10 * 2 + 9 * 9 * 2 + 100 + 2, "after a rest, nobody has to wait"

    asyncio.run(scenario())


def test_a_page_that_fails_is_made_again() -> None:
    calls: list[None] = []

    async def make() -> tuple[Response, float]:
        calls.append(None)
        if len(calls) == 1:
            raise ValueError("broken")
        return Response(200, (), b"whole"), 0

    async def scenario() -> None:
        page = LimitedPage(make)
        with pytest.raises(ValueError, match="broken"):
            await page.get()
        assert (await page.get()).body == b"whole"

    asyncio.run(scenario())
