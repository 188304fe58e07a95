"""Transactions of the embedded database whose cost does not grow with their tables.

Before a transaction, moto copies the table of each of its operations with all items, for the case that one fails: with
1,000 items that takes 70 ms an operation, and no other request is answered meanwhile. Here the items that the
operations name are copied, and nothing else.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any, NamedTuple

from moto.dynamodb.exceptions import ResourceNotFoundException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import StreamShard, Table

_transact_with_copies = DynamoDBBackend.transact_write_items


class _Before(NamedTuple):
    """An item before a transaction, and the length of its table's stream: `items` has it at `key`, if it is there."""

    items: MutableMapping[DynamoType, Any]
    key: DynamoType
    item: Item | None
    shard: StreamShard | None
    records: int

    def restore(self) -> None:
        if self.item is None:
            self.items.pop(self.key, None)
        else:
            self.items[self.key] = self.item
        if self.shard is not None:
            del self.shard.items[self.records :]


def copy_named_items() -> None:
    """Let transactions copy the items that they name in place of tables."""
    DynamoDBBackend.transact_write_items = _transact  # type: ignore[method-assign, assignment]


def _transact(backend: DynamoDBBackend, operations: list[dict[str, Any]]) -> None:
    """As moto's, for one transaction at a time: what moto takes for a copy of a table is the table."""
    before = list(_items_before(backend, operations))
    Table.__deepcopy__ = _itself  # type: ignore[attr-defined]
    try:
        _transact_with_copies(backend, operations)
    except BaseException:
        for each in before:
            each.restore()
        raise
    finally:
        del Table.__deepcopy__  # type: ignore[attr-defined]


def _itself(table: Table, _memo: object) -> Table:
    return table


def _items_before(backend: DynamoDBBackend, operations: Iterable[Mapping[str, Any]]) -> Iterator[_Before]:
    for operation in operations:
        for each in operation.values():
            try:
                yield _before(backend.get_table(each["TableName"]), each.get("Key") or each["Item"])
            except (AttributeError, KeyError, ResourceNotFoundException, StopIteration, TypeError):
                continue  # moto refuses it


def _before(table: Table, named: Mapping[str, Any]) -> _Before:
    items: Any = table.items
    first, *sort = [DynamoType(named[name]) for name in table.table_key_attrs]
    key = first
    if sort and first in items:
        items, key = items[first], sort[0]
    shard = table.stream_shard
    return _Before(items, key, copy.deepcopy(items.get(key)), shard, 0 if shard is None else len(shard.items))
