"""What is asked of a file with a backlog is no more work than without it, or looks at no row of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from esb_cloud.sql.database import open_database
from esb_cloud.sql.tables.deliveries import Deliveries, NewDelivery
from tests.cloud.sql.tables.test_messages import Ages


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(open_database(None)) as db:
        yield db


def test_a_backlog_does_not_make_the_last_row_more_work(db: sqlite3.Connection) -> None:
    ages = Ages(db)
    assert ages.messages.last_row() == 0
    newest = ages.send()
    few = ages.steps(ages.messages.last_row)
    for _ in range(1000):
        newest = ages.send()
    assert ages.messages.last_row() == newest
    assert ages.steps(ages.messages.last_row) == few


def test_deliveries_are_counted_with_the_age_of_the_oldest_without_a_look_at_each(db: sqlite3.Connection) -> None:
    deliveries = Deliveries(db)
    for number in range(10):
        target = "ab"[number % 2]
        deliveries.add(NewDelivery(target, 99.0 - number, float(number), "", {}, "", {}))
    assert deliveries.counts() == [("a", 5, 0.0), ("b", 5, 1.0)]
    statements: list[str] = []
    db.set_trace_callback(statements.append)
    deliveries.counts()
    db.set_trace_callback(None)
    plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {statements[0]}")]
    assert "SCAN deliveries USING COVERING INDEX deliveries_due" in plan
