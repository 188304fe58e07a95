"""Pages that take long to make."""

from __future__ import annotations

import asyncio

import pytest

from esb_gateway.admin.limited_page import LimitedPage
from esb_wire.http.messages import Response


class Maker:
    """Makes a page in 2 s of its own clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.times = 0

    def clock(self) -> float:
        return self.now

    async def make(self) -> Response:
        self.times += 1
        self.now += 2
        await asyncio.sleep(0)
        return Response(200, (), f"{self.times}".encode())


def test_a_page_that_many_ask_for_is_made_once_and_again_after_nine_times_as_long() -> None:
    async def scenario() -> None:
        maker = Maker()
        page = LimitedPage(maker.make, maker.clock)
        assert [each.body for each in await asyncio.gather(*[page.get() for _ in range(10)])] == [b"1"] * 10
        maker.now += 17
        assert (await page.get()).body == b"1"
        maker.now += 1
        assert (await page.get()).body == b"2"

    asyncio.run(scenario())


def test_a_page_that_fails_is_made_again() -> None:
    calls: list[None] = []

    async def make() -> Response:
        calls.append(None)
        if len(calls) == 1:
            raise ValueError("broken")
        return Response(200, (), b"whole")

    async def scenario() -> None:
        page = LimitedPage(make)
        with pytest.raises(ValueError, match="broken"):
            await page.get()
        assert (await page.get()).body == b"whole"

    asyncio.run(scenario())
