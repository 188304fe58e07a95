"""Requests about expired items to the database, and the meaning of its answers; nothing here waits or sends.

An item is expired if the attribute of its table's time to live is a number of seconds since 1970 that is in the past,
and not more than five years ("Before using TTL in DynamoDB"): a value that is older is taken for something else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

# An unlimited Scan keeps everybody waiting on a database with one writer: up to 1 s. 400 small items take 3 ms.
MAX_SCANNED: Final = 400
MAX_DELETES: Final = 100  # of TransactWriteItems
_FIVE_YEARS: Final = 5 * 365 * 86400  # seconds
_CONDITION: Final = "#ttl < :now AND #ttl > :oldest"

Key: TypeAlias = Mapping[str, Any]
Parameters: TypeAlias = dict[str, Any]


class ExpiringTable(NamedTuple):
    """A table with a time to live: its name, the attributes of its key, and the attribute with the time."""

    name: str
    key: tuple[str, ...]
    attribute: str


def ttl_attribute(time_to_live: Mapping[str, Any]) -> str | None:
    """The attribute with the time, by the result of DescribeTimeToLive; None if the items do not expire."""
    said = time_to_live.get("TimeToLiveDescription", {})
    return said["AttributeName"] if said.get("TimeToLiveStatus") == "ENABLED" else None


def first_key(name: str) -> Parameters:
    """Scan for the first key of a table. DescribeTable names its attributes, too, but counts all items first."""
    return {"TableName": name, "Limit": 1, "Select": "COUNT"}


def key_names(description: Mapping[str, Any]) -> tuple[str, ...]:
    """The attributes of a table's key, by the result of DescribeTable."""
    return tuple(each["AttributeName"] for each in description["Table"]["KeySchema"])


def scan(table: ExpiringTable, now: int, start: Key | None, limit: int) -> Parameters:
    """Scan `limit` items for keys of expired ones, from `start` on. `now` is in seconds since 1970."""
    key_names = {f"#k{n}": name for n, name in enumerate(table.key)}
    from_start = {} if start is None else {"ExclusiveStartKey": start}
    return {
        "TableName": table.name,
        "Limit": limit,
        "FilterExpression": _CONDITION,
        "ProjectionExpression": ", ".join(key_names),
        "ExpressionAttributeNames": {"#ttl": table.attribute, **key_names},
        "ExpressionAttributeValues": _times(now),
        **from_start,
    }


def deletes(table: ExpiringTable, now: int, keys: Sequence[Key]) -> Parameters:
    """TransactWriteItems: delete items that are expired still, all of them or none."""
    return {"TransactItems": [{"Delete": _delete(table, now, key)} for key in keys]}


def unaffected(keys: Sequence[Key], canceled: Mapping[str, Any]) -> list[Key]:
    """The keys that were no reason for a TransactionCanceledException: another transaction may delete them."""
    reasons = canceled.get("CancellationReasons", ())
    if len(reasons) != len(keys):
        return []
    return [key for key, reason in zip(keys, reasons, strict=True) if reason.get("Code") == "None"]


def _delete(table: ExpiringTable, now: int, key: Key) -> Parameters:
    return {
        "TableName": table.name,
        "Key": key,
        "ConditionExpression": _CONDITION,
        "ExpressionAttributeNames": {"#ttl": table.attribute},
        "ExpressionAttributeValues": _times(now),
    }


def _times(now: int) -> Parameters:
    return {":now": {"N": str(now)}, ":oldest": {"N": str(now - _FIVE_YEARS)}}
