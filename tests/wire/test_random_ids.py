"""Ids of random bytes."""

from __future__ import annotations

import uuid

from esb_wire.random_ids import RandomIds


def test_they_are_random_uuids() -> None:
    ids = RandomIds()
    made = [ids.uuid() for _ in range(1000)]
    assert len(set(made)) == 1000
    assert {(uuid.UUID(text).version, uuid.UUID(text).variant) for text in made} == {(4, uuid.RFC_4122)}


def test_no_byte_is_given_out_twice() -> None:
    numbers = iter(range(1, 100))
    ids = RandomIds(lambda count: bytes([next(numbers)]) * count)
    assert [ids.take(4000), ids.take(4000)] == [bytes([1]) * 4000, bytes([2]) * 4000]
