"""Transactions of the embedded database whose cost does not grow with their tables.

Before a transaction, moto copies the table of each of its operations with all items, for the case that one fails: with
1,000 items that takes 70 ms an operation, and no other request is answered meanwhile. Here such a copy shares the items
of its table, as an item that was put is never changed: an update changes a copy, which takes the item's place.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

_update_in_place = DynamoDBBackend.update_item


def share_items() -> None:
    """Let copies of tables share their items."""
    Table.__deepcopy__ = _copy  # type: ignore[attr-defined]
    DynamoDBBackend.update_item = _update_a_copy  # type: ignore[method-assign, assignment]


def _copy(table: Table, _memo: object) -> Table:
    """What a transaction can change, moto's lists of items and of records of the stream, is new; the rest is shared."""
    copied = copy.copy(table)
    copied.items = defaultdict(dict, {key: _listed(found) for key, found in table.items.items()})
    if table.stream_shard is not None:
        copied.stream_shard = copy.copy(table.stream_shard)
        copied.stream_shard.items = list(table.stream_shard.items)
        copied.stream_shard.table = copied
    return copied


def _listed(found: Any) -> Any:
    """The items of a partition key by their sort keys; the item itself if the table has no sort key."""
    return dict(found) if isinstance(found, dict) else found


def _update_a_copy(
    backend: DynamoDBBackend, table_name: str, key: dict[str, dict[str, Any]], *arguments: Any, **named: Any
) -> Item:
    _replace_by_copy(backend.get_table(table_name), key)
    return _update_in_place(backend, table_name, key, *arguments, **named)


def _replace_by_copy(table: Table, key: Mapping[str, Any]) -> None:
    if any(name not in key for name in table.table_key_attrs):
        return  # moto refuses it
    *first, last = [DynamoType(key[name]) for name in table.table_key_attrs]
    items: Any = table.items
    for each in first:
        items = items.get(each, {})
    if last in items:
        items[last] = copy.deepcopy(items[last])
