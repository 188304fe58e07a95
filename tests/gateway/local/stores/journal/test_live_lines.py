"""Which lines of the journal still matter."""

from __future__ import annotations

import pytest

from esb_gateway.local.stores.journal.effects import DYNAMODB, ChangeEffect, Kind, Subject
from esb_gateway.local.stores.journal.live_lines import Line, LiveLines

BUCKET = ("s3", "files")
TABLE = ("dynamodb", "us-east-1", "orders")
ITEMS = ChangeEffect(Kind.ITEMS, (DYNAMODB,))


def item(key: str) -> Subject:
    return (*BUCKET, "object", key)


def upload(number: int) -> Subject:
    return (*BUCKET, "upload", str(number))


def put(key: str) -> ChangeEffect:
    return ChangeEffect(Kind.REPLACE, (item(key),))


def change(*subject: str) -> ChangeEffect:
    return ChangeEffect(Kind.ADD, (subject,))


def delete(*keys: str) -> ChangeEffect:
    return ChangeEffect(Kind.END, tuple(item(key) for key in keys))


def copy(source: str, target: str) -> ChangeEffect:
    return ChangeEffect(Kind.ADD, (item(target),), item(source))


def complete(key: str, number: int) -> ChangeEffect:
    return ChangeEffect(Kind.REPLACE, (item(key),), absorbed=upload(number))


def keep_all(*subject: str) -> ChangeEffect:
    return ChangeEffect(Kind.KEEP_ALL, (subject,))


DELETE_BUCKET = ChangeEffect(Kind.END_ALL, (BUCKET,))
DELETE_TABLE = ChangeEffect(Kind.END_TABLE, (TABLE,))
CREATE_BUCKET = change(*BUCKET)
CREATE_TABLE = change(*TABLE)


@pytest.mark.parametrize(
    ("effects", "kept"),
    [
        ([CREATE_BUCKET, put("a"), put("b"), put("a")], [0, 2, 3]),
        ([put("a"), change(*item("a")), change(*item("a"))], [0, 1, 2]),
        ([put("a"), change(*item("a")), put("a")], [2]),
        ([put("a"), change(*item("a")), delete("a")], []),
        ([put("a"), put("b"), delete("a", "b"), put("b")], [3]),
        ([put("a"), copy("a", "b"), put("a"), delete("a")], [0, 1, 2, 3]),
        ([put("a"), put("b"), copy("a", "b"), put("b")], [0, 3]),
        ([put("a"), copy("a", "b"), delete("a", "b")], [0, 1, 2]),
        ([put("a"), change(*upload(1)), change(*upload(1)), put("a"), complete("a", 1)], [1, 2, 4]),
        ([change(*upload(1)), change(*upload(1)), delete("a")], [0, 1]),
        ([change(*upload(1)), ChangeEffect(Kind.END, (upload(1),))], []),
        ([change(*upload(1)), complete("a", 1), put("a")], [2]),
        ([CREATE_BUCKET, keep_all(*BUCKET), put("a"), put("a"), delete("a")], [0, 1, 2, 3, 4]),
        ([keep_all("s3", "other"), put("a"), put("a")], [0, 2]),
        ([put("a"), keep_all("s3"), put("a")], [0, 1, 2]),
        ([CREATE_BUCKET, change(*upload(1)), put("a"), delete("a"), DELETE_BUCKET], []),
        ([CREATE_BUCKET, put("a"), copy("a", "b"), delete("a", "b"), DELETE_BUCKET], [0, 1, 2, 3, 4]),
        ([CREATE_TABLE, ITEMS, ITEMS], [0]),
        ([CREATE_TABLE, ITEMS, DELETE_TABLE, CREATE_TABLE], [3]),
        ([CREATE_TABLE, ITEMS, DELETE_TABLE, keep_all(*DYNAMODB), ITEMS], [0, 1, 2, 3, 4]),
    ],
)
def test_the_lines_of_a_shorter_file(effects: list[ChangeEffect], kept: list[int]) -> None:
    live = LiveLines()
    for number, effect in enumerate(effects):
        live.add(Line(number, 1), effect)
    assert live.kept() == [(Line(number, 1), effects[number]) for number in kept]
    assert live.replaces_items is (keep_all(*DYNAMODB) not in effects)


def lines_until_due(live: LiveLines, effect: ChangeEffect, size: int = 1, start: int = 1_000_000) -> int:
    for number in range(100_000):
        if live.is_due():
            return number
        live.add(Line(start + number, size), effect)
    raise AssertionError("never due")


def test_a_shorter_file_is_due_after_500_lines() -> None:
    assert lines_until_due(LiveLines(), ITEMS) == 500
    assert lines_until_due(LiveLines(), put("a")) == 501


def test_a_shorter_file_is_due_when_half_of_a_large_one_does_not_matter() -> None:
    assert lines_until_due(LiveLines(), put("a"), size=1 << 20) == 17
    assert lines_until_due(LiveLines(), ITEMS, size=400_000) == 42


def test_what_costs_more_to_write_is_written_after_more_lines() -> None:
    tables = LiveLines()
    tables.add_saved([Line(number, 100) for number in range(800)], 20_000)
    assert lines_until_due(tables, ITEMS) == 20_000 // 8
    objects = LiveLines()
    objects.add(Line(0, 1 << 30), put("large"))
    assert lines_until_due(objects, ITEMS) == (1 << 30) // 200_000


def test_lines_that_have_to_stay_make_no_file_due() -> None:
    live = LiveLines()
    live.add(Line(0, 1), keep_all(*DYNAMODB))
    for number in range(2000):
        live.add(Line(number + 1, 1 << 20), ITEMS)
    assert not live.is_due()


def test_after_a_failure_it_is_due_after_as_many_lines_more() -> None:
    live = LiveLines()
    assert lines_until_due(live, ITEMS) == 500
    live.defer()
    assert lines_until_due(live, ITEMS, start=2_000_000) == 500
