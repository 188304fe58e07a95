"""Which items the sweep of expired items deleted, so that their records in table streams can say so.

DynamoDB marks these with the identity of its service ("Time to live and DynamoDB Streams"), which functions filter for.
The database knows the sweep's deletes as those of any client. Kept in memory: a record that is read after a restart of
the gateway has no mark.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

MOST: Final = 50_000  # items, the newest ones
_IDENTITY: Final = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
_INEXACT: Final = 1.0  # second; records have the second of the write
_LONGEST: Final = 60.0  # seconds that a delete takes

Key: TypeAlias = Mapping[str, Any]


class TtlRemovals:
    """Those of tables whose stream is read. Times are in seconds since 1970."""

    def __init__(self) -> None:
        self._tables: set[str] = set()
        self._deleted: dict[tuple[str, str], float] = {}

    def follow(self, table: str) -> None:
        """Remember those of a table from now on."""
        self._tables.add(table)

    def add(self, table: str, keys: Iterable[Key], now: float) -> None:
        """They are about to be deleted."""
        if table not in self._tables:
            return
        for key in keys:
            name = table, _text(key)
            self._deleted.pop(name, None)  # so that it counts as new
            self._deleted[name] = now
        while len(self._deleted) > MOST:
            del self._deleted[next(iter(self._deleted))]

    def discard(self, table: str, keys: Iterable[Key]) -> None:
        """They were not deleted."""
        for key in keys:
            self._deleted.pop((table, _text(key)), None)

    def marked(self, table: str, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """The record of a stream, with the identity of the service if it is of such a delete."""
        if record.get("eventName") != "REMOVE" or record.get("userIdentity"):
            return record
        change = record["dynamodb"]
        begun = self._deleted.get((table, _text(change.get("Keys") or {})))
        if begun is None or not -_INEXACT <= float(change["ApproximateCreationDateTime"]) - begun <= _LONGEST:
            return record
        return {**record, "userIdentity": _IDENTITY}


def _text(key: Key) -> str:
    return json.dumps(key, sort_keys=True)
