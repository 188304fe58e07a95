"""A query of the embedded database has the answer of moto, without looking at other partitions."""

from __future__ import annotations

from typing import Any

import pytest
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from esb_gateway.local.stores.moto_patches import queries
from tests.steps import steps_of

EACH = 5


def table(partitions: int, *, sorted_by: str | None = "sk") -> Table:
    """A table with as many partitions, of EACH items if it has a sort key, and an index with all of its items."""
    names = ["pk", *([sorted_by] if sorted_by else [])]
    found = Table(  # type: ignore[abstract]
        "things",
        account_id="123456789012",
        region="us-east-1",
        schema=[{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)],
        attr=[{"AttributeName": name, "AttributeType": "S"} for name in (*names, "kind")],
        global_indexes=[
            {
                "IndexName": "by-kind",
                "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    for number in range(partitions * EACH):
        key = {"pk": {"S": f"p{number % partitions}"}, "sk": {"S": f"{number:05}"}, "kind": {"S": "all"}}
        found.put_item(key)
    return found


def ask(query: Any, of: Table, partition: str, *, index: str | None = None, **more: Any) -> Any:
    key = DynamoType({"S": partition})
    conditions = {"hash_key_conditions": [("kind", key)]} if index else {}
    items, scanned, last = query(
        of, key, None, [], more.get("limit"), more.get("start"), True, None, index, **conditions
    )
    return [item.to_json() for item in items], scanned, last


@pytest.mark.parametrize("sorted_by", ["sk", None])
@pytest.mark.parametrize("limit", [None, 2])
def test_the_answer_is_that_of_moto(sorted_by: str | None, limit: int | None) -> None:
    things = table(4, sorted_by=sorted_by)
    for partition in ("p0", "p3", "missing"):
        assert ask(queries._query, things, partition, limit=limit) == ask(
            queries._query_all, things, partition, limit=limit
        )
    of_index = ask(queries._query, things, "all", index="by-kind")
    assert of_index == ask(queries._query_all, things, "all", index="by-kind")
    assert len(of_index[0]) == (4 * EACH if sorted_by else 4)
    assert len(things.items) == 4, "a query adds no partition"


def test_the_next_page_begins_after_the_last_item() -> None:
    things = table(3)
    first, _, last = ask(queries._query, things, "p1", limit=2)
    rest, _, _ = ask(queries._query, things, "p1", start=last)
    assert first + rest == ask(queries._query_all, things, "p1")[0]


def test_other_partitions_are_no_work() -> None:
    few, many = table(4), table(80)
    assert steps_of(lambda: ask(queries._query, many, "p1")) < 2 * steps_of(lambda: ask(queries._query, few, "p1"))
