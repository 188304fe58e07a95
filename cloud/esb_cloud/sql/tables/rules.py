"""The rules of EventBridge's buses, each with its targets."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

_SELECT: Final = "SELECT id, bus, name, data, targets, tags, created, fired, base_url FROM rules WHERE "


class NewRule(NamedTuple):
    """A rule to add, without targets; see `Rule`. `now` is in seconds since 1970."""

    bus: str
    name: str
    data: Mapping[str, Any]
    tags: Mapping[str, str]
    now: int
    base_url: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is stored. `data` has EventBridge's own names; `created` and `fired`, the time for which its
    schedule fired last, are seconds since 1970. `base_url` is how this server was called when the rule was put.
    """

    id: int
    bus: str
    name: str
    data: Mapping[str, Any]
    targets: tuple[Mapping[str, Any], ...]
    tags: Mapping[str, str]
    created: int
    fired: float
    base_url: str

    @property
    def pattern(self) -> str | None:
        return self.data.get("EventPattern")

    @property
    def schedule(self) -> str | None:
        return self.data.get("ScheduleExpression")

    @property
    def is_enabled(self) -> bool:
        return bool(self.data["State"] != "DISABLED")


class Rules:
    """The table of rules. Those of a bus are kept in memory until one of them changes."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._by_bus: dict[str, tuple[Rule, ...]] = {}
        self._with_pattern: dict[str, tuple[tuple[str, Rule], ...]] = {}

    def forget(self) -> None:
        """Forget the copy in memory, which an undone transaction may have changed."""
        self._by_bus.clear()
        self._with_pattern.clear()

    def of_bus(self, bus: str) -> tuple[Rule, ...]:
        """All rules of a bus, by name."""
        found = self._by_bus.get(bus)
        if found is None:
            found = self._by_bus[bus] = tuple(self._select("bus = ? ORDER BY name", (bus,)))
        return found

    def with_pattern(self, bus: str) -> tuple[tuple[str, Rule], ...]:
        """The rules of a bus that events can match, each behind its pattern."""
        found = self._with_pattern.get(bus)
        if found is None:
            rules = [(rule.pattern, rule) for rule in self.of_bus(bus) if rule.is_enabled and rule.targets]
            found = tuple((pattern, rule) for pattern, rule in rules if pattern is not None)
            self._with_pattern[bus] = found
        return found

    def find(self, bus: str, name: str) -> Rule | None:
        return next(iter(self._select("bus = ? AND name = ?", (bus, name))), None)

    def add(self, new: NewRule) -> None:
        self._changed(new.bus)
        data, tags = json.dumps(dict(new.data)), json.dumps(dict(new.tags))
        self._db.execute(
            "INSERT INTO rules (bus, name, data, targets, tags, created, fired, base_url)"
            " VALUES (?, ?, ?, '[]', ?, ?, ?, ?)",
            (new.bus, new.name, data, tags, new.now, new.now, new.base_url),
        )

    def change_data(self, rule: Rule, data: Mapping[str, Any]) -> None:
        self._update(rule, "data = ?", json.dumps(dict(data)))

    def change_targets(self, rule: Rule, targets: list[Mapping[str, Any]]) -> None:
        self._update(rule, "targets = ?", json.dumps([dict(target) for target in targets]))

    def change_tags(self, rule: Rule, tags: Mapping[str, str]) -> None:
        self._update(rule, "tags = ?", json.dumps(dict(tags)))

    def record_fired(self, rule: Rule, due: float) -> None:
        self._update(rule, "fired = ?", due)

    def remove(self, rule: Rule) -> None:
        self._changed(rule.bus)
        self._db.execute("DELETE FROM rules WHERE id = ?", (rule.id,))

    def _changed(self, bus: str) -> None:
        self._by_bus.pop(bus, None)
        self._with_pattern.pop(bus, None)

    def _update(self, rule: Rule, change: str, value: object) -> None:
        self._changed(rule.bus)
        self._db.execute("UPDATE rules SET " + change + " WHERE id = ?", (value, rule.id))  # noqa: S608 - no value

    def _select(self, where: str, values: tuple[object, ...]) -> list[Rule]:
        return [_rule(row) for row in self._db.execute(_SELECT + where, values)]


def _rule(row: tuple[int, str, str, str, str, str, int, float, str]) -> Rule:
    id_, bus, name, data, targets, tags, created, fired, base_url = row
    return Rule(
        id_, bus, name, json.loads(data), tuple(json.loads(targets)), json.loads(tags), created, fired, base_url
    )
