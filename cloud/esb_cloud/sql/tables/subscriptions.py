"""The subscriptions of SNS's topics."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

PENDING: Final = "pending"
CONFIRMED: Final = "confirmed"
DELETED: Final = "deleted"  # kept for a while: its owner may take the deletion back

_SELECT: Final = (
    "SELECT number, id, topic, protocol, endpoint, attributes, state, token, authenticated FROM subscriptions WHERE "
)


class NewSubscription(NamedTuple):
    """A subscription to add: pending until `until` (store's time) if it has a token, else confirmed."""

    id: str
    topic: str
    protocol: str
    endpoint: str
    attributes: Mapping[str, str]
    token: str
    until: float


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as it is stored. `id` is the last part of its ARN, `topic` the topic's name. `authenticated` tells
    whether it was confirmed by a signed call.
    """

    row: int
    id: str
    topic: str
    protocol: str
    endpoint: str
    attributes: Mapping[str, str]
    state: str
    token: str
    authenticated: bool


class Subscriptions:
    """The table of subscriptions. Those of a topic are kept in memory until one changes."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._confirmed: dict[str, tuple[Subscription, ...]] = {}

    def forget(self) -> None:
        """Forget the copy in memory, which an undone transaction may have changed."""
        self._confirmed.clear()

    def confirmed(self, topic: str) -> tuple[Subscription, ...]:
        """Those that get a topic's messages. The same object is returned until one of them changes."""
        found = self._confirmed.get(topic)
        if found is None:
            where = "topic = ? AND state = 'confirmed' ORDER BY number"
            found = self._confirmed[topic] = tuple(self._select(where, (topic,)))
        return found

    def find(self, id_: str) -> Subscription | None:
        """One that is pending or confirmed, by its id."""
        return next(iter(self._select("id = ? AND state <> 'deleted'", (id_,))), None)

    def of_endpoint(self, topic: str, protocol: str, endpoint: str) -> Subscription | None:
        """The subscription of an endpoint, pending or confirmed."""
        where = "topic = ? AND protocol = ? AND endpoint = ? AND state <> 'deleted'"
        return next(iter(self._select(where, (topic, protocol, endpoint))), None)

    def of_token(self, token: str) -> Subscription | None:
        """The subscription that a token confirms, in any state."""
        return next(iter(self._select("token = ?", (token,))), None)

    def page(self, topic: str | None, after: int, limit: int) -> list[Subscription]:
        """Those after a row, of one topic or of all."""
        where = "number > ?1 AND state <> 'deleted' AND (?2 IS NULL OR topic = ?2) ORDER BY number LIMIT ?3"
        return self._select(where, (after, topic, limit))

    def count(self, topic: str, state: str) -> int:
        query = "SELECT COUNT(*) FROM subscriptions WHERE topic = ? AND state = ?"
        ((count,),) = self._db.execute(query, (topic, state))
        return int(count)

    def add(self, new: NewSubscription) -> None:
        self._confirmed.pop(new.topic, None)
        state = PENDING if new.token else CONFIRMED
        attributes = json.dumps(dict(new.attributes))
        self._db.execute(
            "INSERT INTO subscriptions (id, topic, protocol, endpoint, attributes, state, token, authenticated, until)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*new[:4], attributes, state, new.token, not new.token, new.until),
        )

    def change_attributes(self, subscription: Subscription, attributes: Mapping[str, str]) -> None:
        self._confirmed.pop(subscription.topic, None)
        values = (json.dumps(dict(attributes)), subscription.row)
        self._db.execute("UPDATE subscriptions SET attributes = ? WHERE number = ?", values)

    def confirm(self, subscription: Subscription, authenticated: bool) -> None:
        self._confirmed.pop(subscription.topic, None)
        update = "UPDATE subscriptions SET state = 'confirmed', authenticated = ? WHERE number = ?"
        self._db.execute(update, (authenticated, subscription.row))

    def delete(self, subscription: Subscription, token: str, until: float) -> None:
        """It gets no more messages; until `until` (store's time) the token brings it back."""
        self._confirmed.pop(subscription.topic, None)
        update = "UPDATE subscriptions SET state = 'deleted', token = ?, until = ? WHERE number = ?"
        self._db.execute(update, (token, until, subscription.row))

    def remove_topic(self, topic: str) -> None:
        """Remove all subscriptions of a topic."""
        self._confirmed.pop(topic, None)
        self._db.execute("DELETE FROM subscriptions WHERE topic = ?", (topic,))

    def sweep(self, now: float) -> int:
        """Remove those that were not confirmed, or deleted, for too long; returns how many."""
        delete = "DELETE FROM subscriptions WHERE state <> 'confirmed' AND until <= ?"
        return self._db.execute(delete, (now,)).rowcount

    def _select(self, where: str, values: tuple[object, ...]) -> list[Subscription]:
        return [_subscription(row) for row in self._db.execute(_SELECT + where, values)]


def _subscription(row: tuple[int, str, str, str, str, str, str, str, int]) -> Subscription:
    number, id_, topic, protocol, endpoint, attributes, state, token, authenticated = row
    return Subscription(
        number, id_, topic, protocol, endpoint, json.loads(attributes), state, token, bool(authenticated)
    )
