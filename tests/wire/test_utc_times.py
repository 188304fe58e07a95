"""Times in the documents of AWS: what is beyond the digits is cut, not rounded."""

from __future__ import annotations

from esb_wire.utc_times import to_millisecond, to_second

NOON = 1769860800


def test_a_time_to_the_second() -> None:
    assert to_second(NOON + 0.999) == "2026-01-31T12:00:00Z"


def test_a_time_to_the_millisecond() -> None:
    assert to_millisecond(NOON) == "2026-01-31T12:00:00.000Z"
    assert to_millisecond(NOON + 0.9996) == "2026-01-31T12:00:00.999Z"
