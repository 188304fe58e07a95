"""Large data goes to a transport in slices, in order, and only while there is room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from esb_wire.http.sliced_writes import SLICE, SlicedWrites


class Transport:
    """Keeps what it gets; full after as many writes as a test says."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.ended: list[str] = []
        self.full: Callable[[], object] = lambda: None
        self.room = 1_000

    def write(self, data: Any) -> None:
        self.got.append(bytes(data))
        if len(self.got) == self.room:
            self.full()

    def get_write_buffer_size(self) -> int:
        return 3

    def is_closing(self) -> bool:
        return "close" in self.ended

    def close(self) -> None:
        self.ended.append("close")

    def write_eof(self) -> None:
        self.ended.append("eof")


def play(scene: Callable[[Transport, SlicedWrites], Any], on_sent: Callable[[], object] = lambda: None) -> Transport:
    async def run() -> Transport:
        transport = Transport()
        out = SlicedWrites(cast(asyncio.Transport, transport), on_sent)
        transport.full = out.pause
        await scene(transport, out)
        return transport

    return asyncio.run(run())


async def turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


def test_what_is_small_is_written_at_once() -> None:
    async def scene(transport: Transport, out: SlicedWrites) -> None:
        out.write(b"a" * SLICE)
        assert transport.got == [b"a" * SLICE]
        out.close()
        assert transport.ended == ["close"]

    play(scene)


def test_a_turn_of_the_loop_writes_one_slice() -> None:
    async def scene(transport: Transport, out: SlicedWrites) -> None:
        out.write(b"a" * SLICE * 2 + b"b")
        out.write(b"c")
        assert (out.unsent, transport.got) == (2 * SLICE + 5, [])
        out.close()
        for number in (1, 2, 4):
            assert (out.pending, out.is_closing, transport.ended) == (True, True, [])
            await turns(1)
            assert len(transport.got) == number
        assert (out.pending, transport.ended, sent) == (False, ["close"], [1])

    sent: list[int] = []
    transport = play(scene, lambda: sent.append(1))
    assert transport.got == [b"a" * SLICE, b"a" * SLICE, b"b", b"c"]


def test_small_pieces_after_a_large_one_make_up_a_slice() -> None:
    """A stream may bring many in each turn; none of them waits for a turn of its own."""

    async def scene(transport: Transport, out: SlicedWrites) -> None:
        transport.room = 0
        out.write(b"a" * (SLICE + 1))
        for _ in range(1000):
            out.write(b"b")
        await turns(2)
        assert (out.pending, b"".join(transport.got)) == (False, b"a" * (SLICE + 1) + b"b" * 1000)

    play(scene)


def test_a_full_transport_gets_no_more_until_it_has_room() -> None:
    async def scene(transport: Transport, out: SlicedWrites) -> None:
        transport.room = 2
        out.write(b"a" * SLICE * 4)
        await turns(9)
        assert (len(transport.got), out.unsent) == (2, 2 * SLICE + 3)
        out.resume()
        out.write_eof()
        await turns(9)
        assert (len(transport.got), out.unsent, transport.ended) == (4, 3, ["eof"])
        assert not out.is_closing

    play(scene)


def test_nothing_goes_to_a_connection_that_is_gone() -> None:
    async def scene(transport: Transport, out: SlicedWrites) -> None:
        out.write(b"a" * SLICE * 2)
        transport.close()
        await turns(3)
        assert (transport.got, out.pending) == ([], False)
        out.write(b"b" * SLICE * 2)
        out.clear()
        await turns(3)
        assert transport.got == []

    play(scene)
