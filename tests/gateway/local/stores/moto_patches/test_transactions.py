"""A transaction of the embedded database copies the items that it names, and not its tables; it fails as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from moto.dynamodb.exceptions import TransactionCanceledException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item

from esb_gateway.local.stores.moto_patches.transactions import copy_named_items
from tests.steps import steps_of

ITEMS = 50


@pytest.fixture(params=[("id",), ("id", "sort")], ids=["partition key", "sort key"])
def backend(request: pytest.FixtureRequest) -> Iterator[DynamoDBBackend]:
    """A database with a table of ITEMS items, whose stream has a record of each."""
    copy_named_items()
    database = DynamoDBBackend("us-east-1", "123456789012")
    kinds = dict(zip(request.param, ("HASH", "RANGE"), strict=False))
    database.create_table(
        "things",
        schema=[{"AttributeName": name, "KeyType": kind} for name, kind in kinds.items()],
        throughput=None,
        attr=[{"AttributeName": name, "AttributeType": "S"} for name in kinds],
        global_indexes=None,
        indexes=None,
        streams={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        billing_mode="PAY_PER_REQUEST",
        sse_specification=None,
        tags=[],
        deletion_protection_enabled=False,
        warm_throughput=None,
    )
    for number in range(ITEMS):
        database.put_item("things", {**_key(database, number), "count": {"N": "0"}})
    yield database
    database.reset()


def _key(database: DynamoDBBackend, number: int) -> dict[str, Any]:
    return {name: {"S": f"{name}{number}"} for name in database.get_table("things").table_key_attrs}


def _count(database: DynamoDBBackend, number: int) -> str | None:
    item = database.get_item("things", _key(database, number))
    return None if item is None else str(item.to_json()["Attributes"]["count"]["N"])


def _add(database: DynamoDBBackend, number: int, **condition: Any) -> dict[str, Any]:
    expression = {"UpdateExpression": "SET #c = :n", "ExpressionAttributeNames": {"#c": "count"}}
    values = {"ExpressionAttributeValues": {":n": {"N": "1"}}}
    return {"Update": {"TableName": "things", "Key": _key(database, number), **expression, **values, **condition}}


def test_only_the_items_that_it_names_are_copied(backend: DynamoDBBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[Item] = []
    copy_of = Item.__deepcopy__

    def counted(item: Item, memo: dict[int, Any]) -> Item:
        copied.append(item)
        return copy_of(item, memo)

    monkeypatch.setattr(Item, "__deepcopy__", counted)
    puts = [{"Put": {"TableName": "things", "Item": {**_key(backend, 90 + n), "count": {"N": "5"}}}} for n in range(3)]
    backend.transact_write_items(puts)
    assert copied == []
    backend.transact_write_items([_add(backend, 0)])
    assert len(copied) <= 3, "before and after, and moto's own of the old image"
    assert (_count(backend, 0), _count(backend, 90)) == ("1", "5")


def test_its_work_does_not_follow_the_number_of_items(backend: DynamoDBBackend) -> None:
    numbers = count(ITEMS)

    def put() -> None:
        item = {**_key(backend, next(numbers)), "count": {"N": "5"}}
        backend.transact_write_items([{"Put": {"TableName": "things", "Item": item}}])

    before = steps_of(put)
    for _ in range(5 * ITEMS):
        put()
    assert steps_of(put) < 1.5 * before


def test_a_failure_leaves_items_and_stream_as_they_were(backend: DynamoDBBackend) -> None:
    failing = _add(backend, 4, ConditionExpression="attribute_not_exists(id)")
    new = {**_key(backend, 90), "count": {"N": "5"}}
    others = [
        _add(backend, 0),
        {"Put": {"TableName": "things", "Item": new}},
        {"Put": {"TableName": "things", "Item": {**_key(backend, 1), "count": {"N": "7"}}}},
        {"Delete": {"TableName": "things", "Key": _key(backend, 2)}},
    ]
    with pytest.raises(TransactionCanceledException):
        backend.transact_write_items([*others, failing])
    assert [_count(backend, number) for number in (0, 1, 2, 4, 90)] == ["0", "0", "0", "0", None]
    shard = backend.get_table("things").stream_shard
    assert shard is not None
    assert (len(shard.items), shard.table) == (ITEMS, backend.get_table("things"))

    backend.transact_write_items(others)
    assert [_count(backend, number) for number in (0, 1, 2, 90)] == ["1", "7", None, "5"]
    assert len(shard.items) == ITEMS + len(others)
