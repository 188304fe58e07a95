"""Bodies that come in parts: whole in the end, and without copies of large ones."""

from __future__ import annotations

import asyncio
import tracemalloc

import pytest

from esb_wire.http.bodies import LARGE, BodyBuffer, announced, joined, with_body

MB = 1024 * 1024


@pytest.mark.parametrize(
    "parts", [[], [b"a"], [b"a"] * 3, [b"x" * MB, b"y"], [b"x" * 300_000] * 11, [b"x" * 5 * MB, b"y" * 6 * MB, b"z"]]
)
@pytest.mark.parametrize("known", [True, False])
def test_a_body_is_its_parts(parts: list[bytes], known: bool) -> None:
    buffer, whole = BodyBuffer(), b"".join(parts)
    for _ in range(2):  # one body after another
        buffer.expected = len(whole) if known else 0
        for part in parts:
            buffer.add(part)
        assert buffer.take() == whole
    assert buffer.take() == b""


@pytest.mark.parametrize("expected", [1, 2 * MB, 20 * MB])
def test_what_a_message_says_of_its_size_changes_nothing(expected: int) -> None:
    buffer = BodyBuffer()
    buffer.expected = expected
    for _ in range(10):
        buffer.add(b"x" * 300_000)
    assert buffer.take() == b"x" * 3_000_000


def test_what_was_forgotten_does_not_come_again() -> None:
    buffer = BodyBuffer()
    for part in (b"a", b"b" * MB, b"c" * MB):
        buffer.add(part)
    buffer.clear()
    buffer.add(b"d")
    assert buffer.take() == b"d"


def test_taking_a_body_copies_nothing() -> None:
    buffer = BodyBuffer()
    buffer.expected = 8 * MB
    tracemalloc.start()
    try:
        for _ in range(8):
            buffer.add(bytes(MB))
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        body = buffer.take()
        assert tracemalloc.get_traced_memory()[1] - before < MB
        assert len(body) == 8 * MB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("parts", "turns"),
    [([], 1), ([b"a"] * 5, 1), ([b"x" * MB] * 3, 3), ([b"x" * 300_000] * 10, 4), ([b"x" * 3 * MB, b"y"], 2)],
)
def test_parts_are_joined_in_turns_of_the_loop(parts: list[bytes], turns: int) -> None:
    async def count() -> tuple[bytes, int]:
        joining, seen = asyncio.create_task(joined(parts)), 0
        while not joining.done():
            await asyncio.sleep(0)
            seen += 1
        return await joining, seen

    assert asyncio.run(count()) == (b"".join(parts), turns)


def test_a_large_body_is_written_apart_from_its_head() -> None:
    large = b"x" * (LARGE + 1)
    assert with_body(b"head ", b"body") == (b"head body",)
    head, body = with_body(b"head ", large)
    assert head == b"head "
    assert body is large


def test_a_length_with_many_zeros() -> None:
    assert announced("0" * 10_000 + "12") == 12
    assert announced(b"7 ") == 7
