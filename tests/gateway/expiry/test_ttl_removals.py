"""Which deletes of items are those of the sweep."""

from __future__ import annotations

import pytest

from esb_gateway.expiry.ttl_removals import MOST, TtlRemovals, key_text

NOW = 1_700_000_000.0
KEY = {"id": {"S": "a"}, "at": {"N": "1"}}
TEXT = key_text({"at": {"N": "1"}, "id": {"S": "a"}})


@pytest.fixture
def removals() -> TtlRemovals:
    found = TtlRemovals()
    found.follow("Sessions")
    found.add("Sessions", [KEY], NOW)
    return found


@pytest.mark.parametrize("at", [NOW - 0.9, NOW, NOW + 30])
def test_a_delete_of_the_sweep(removals: TtlRemovals, at: float) -> None:
    """Records have whole seconds."""
    assert removals.have("Sessions", TEXT, at)


@pytest.mark.parametrize(
    ("table", "key", "at"),
    [
        ("Orders", TEXT, NOW),
        ("Sessions", TEXT, NOW - 10),
        ("Sessions", TEXT, NOW + 3600),
        ("Sessions", key_text({"id": {"S": "b"}}), NOW),
    ],
)
def test_other_deletes(removals: TtlRemovals, table: str, key: str, at: float) -> None:
    assert not removals.have(table, key, at)


def test_what_was_not_deleted_is_forgotten(removals: TtlRemovals) -> None:
    removals.discard("Sessions", [KEY, {"id": {"S": "unknown"}}])
    assert not removals.have("Sessions", TEXT, NOW)


def test_nothing_is_kept_of_a_table_whose_stream_nobody_reads() -> None:
    removals = TtlRemovals()
    removals.add("Sessions", [KEY], NOW)
    assert not removals.have("Sessions", TEXT, NOW)


def test_the_oldest_ones_are_forgotten(removals: TtlRemovals) -> None:
    removals.add("Sessions", ({"id": {"N": str(number)}} for number in range(MOST - 1)), NOW)
    assert removals.have("Sessions", TEXT, NOW)
    removals.add("Sessions", [{"id": {"N": "-1"}}], NOW)
    assert not removals.have("Sessions", TEXT, NOW)
