"""The connection of a delivery: its credentials when it is sent, and whether an OAuth connection has a token.

A connection's `State` is as the API shows it. The request of a delivery that only asks for a token has `AUTHORIZE`: one
is added when an OAuth connection is created or changed, as AWS asks for a token then.
"""

from __future__ import annotations

from typing import Final

from esb_cloud.deliveries.retries import EventBridgeRetries, dump
from esb_cloud.deliveries.sending import AUTHORIZE, Outcome
from esb_cloud.sql.deliveries import SIGNAL, Delivery, NewDelivery
from esb_cloud.sql.event_resources import CONNECTION
from esb_cloud.sql.transaction import Transaction

AUTHORIZED: Final = "AUTHORIZED"
AUTHORIZING: Final = "AUTHORIZING"
DEAUTHORIZED: Final = "DEAUTHORIZED"


def authorize(transaction: Transaction, connection: str) -> None:
    """Ask for a token of an OAuth connection, again and again if there is none."""
    now = transaction.now
    transaction.deliveries.add(
        NewDelivery(
            target=f"events:connection/{connection}",
            due=now,
            started=now,
            source=f"connection {connection}",
            request={AUTHORIZE: True, "connection": connection},
            body="",
            retries=dump(EventBridgeRetries()),
        )
    )
    transaction.signal(SIGNAL)


def with_credentials(transaction: Transaction, delivery: Delivery) -> Delivery:
    """A delivery with those of its connection, as they are today; without `auth` if there is no such connection."""
    name = delivery.request.get("connection")
    connection = None if name is None else transaction.event_resources.find(CONNECTION, name)
    if connection is None:
        return delivery
    return delivery._replace(request={**delivery.request, "auth": connection.data["AuthParameters"]})


def note_authorization(transaction: Transaction, delivery: Delivery, outcome: Outcome) -> None:
    """Keep with the connection whether there was a token for it, and write a change to the log."""
    name = delivery.request.get("connection")
    found = None if name is None else transaction.event_resources.find(CONNECTION, name)
    # An answer about parameters that were changed meanwhile says nothing.
    if outcome.authorized is None or found is None or found.data["AuthParameters"] != delivery.request.get("auth"):
        return
    state = AUTHORIZED if outcome.authorized else DEAUTHORIZED
    if found.data.get("State", AUTHORIZED) == state:
        return
    data = {key: value for key, value in found.data.items() if key != "StateReason"}
    data["State"] = state
    if outcome.authorized:
        data["Authorized"] = transaction.wall_ms // 1000
    else:
        data["StateReason"] = outcome.message
        transaction.report(f"connection {name} is deauthorized: {outcome.message}; it is tried again.")
    transaction.event_resources.put(found.with_data(data))
