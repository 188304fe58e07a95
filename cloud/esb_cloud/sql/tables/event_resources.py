"""EventBridge's buses, connections and API destinations. Each is found by its name alone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

BUS: Final = "event-bus"
CONNECTION: Final = "connection"
API_DESTINATION: Final = "api-destination"

_SELECT: Final = "SELECT kind, name, data, tags, created, modified FROM event_resources WHERE "


@dataclass(frozen=True, slots=True)
class EventResource:
    """One as it is stored. `data` is plain data; `created` and `modified` are seconds since 1970."""

    kind: str
    name: str
    data: Mapping[str, Any]
    tags: Mapping[str, str]
    created: int
    modified: int

    def with_data(self, data: Mapping[str, Any]) -> EventResource:
        """The resource with other data and its old time of modification, for data that the server itself adds."""
        return replace(self, data=data)


class EventResources:
    """The table of buses, connections and API destinations, by kind."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def find(self, kind: str, name: str) -> EventResource | None:
        row = self._db.execute(_SELECT + "kind = ? AND name = ?", (kind, name)).fetchone()
        return None if row is None else _resource(row)

    def page(self, kind: str, prefix: str, after: str, limit: int) -> list[EventResource]:
        """Those whose name begins with the prefix and comes after another one, sorted."""
        where = "kind = ? AND substr(name, 1, ?) = ? AND name > ? ORDER BY name LIMIT ?"
        rows = self._db.execute(_SELECT + where, (kind, len(prefix), prefix, after, limit))
        return [_resource(row) for row in rows]

    def put(self, resource: EventResource) -> None:
        """Add or replace one."""
        values = (resource.kind, resource.name, json.dumps(dict(resource.data)), json.dumps(dict(resource.tags)))
        self._db.execute(
            "INSERT OR REPLACE INTO event_resources VALUES (?, ?, ?, ?, ?, ?)",
            (*values, resource.created, resource.modified),
        )

    def remove(self, kind: str, name: str) -> None:
        self._db.execute("DELETE FROM event_resources WHERE kind = ? AND name = ?", (kind, name))


def _resource(row: tuple[str, str, str, str, int, int]) -> EventResource:
    kind, name, data, tags, created, modified = row
    return EventResource(kind, name, json.loads(data), json.loads(tags), created, modified)
