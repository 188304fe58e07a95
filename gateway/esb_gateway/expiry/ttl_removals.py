"""The items that the sweep of expired items deleted, so that their records in table streams can say so.

DynamoDB marks these with the identity of its service ("Time to live and DynamoDB Streams"), which functions filter for.
The database knows the sweep's deletes as those of any client. Kept in memory: a record that is read after a restart of
the gateway has no mark.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

MOST: Final = 50_000  # items, the newest ones
IDENTITY: Final = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
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
            name = table, key_text(key)
            self._deleted.pop(name, None)  # so that it counts as new
            self._deleted[name] = now
        while len(self._deleted) > MOST:
            del self._deleted[next(iter(self._deleted))]

    def discard(self, table: str, keys: Iterable[Key]) -> None:
        """They were not deleted."""
        for key in keys:
            self._deleted.pop((table, key_text(key)), None)

    def have(self, table: str, key: str, created: float) -> bool:
        """Whether a delete of the item with this `key_text`, whose record has this time, is one of them."""
        begun = self._deleted.get((table, key))
        return begun is not None and -_INEXACT <= created - begun <= _LONGEST


def key_text(key: Key) -> str:
    """An item's key, as the same text for equal keys."""
    return json.dumps(key, sort_keys=True)
