"""The connection of a delivery: its credentials when it is sent, and whether an OAuth connection has a token.

The request of a delivery that only asks for a token has `AUTHORIZE`: one is added when an OAuth connection is created
or changed, as AWS asks for a token then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from esb_cloud.deliveries.retries import EventBridgeRetries, dump
from esb_cloud.deliveries.sending import AUTHORIZE, Outcome
from esb_cloud.sql.tables.deliveries import SIGNAL, Delivery, NewDelivery
from esb_cloud.sql.tables.event_resources import CONNECTION, EventResource
from esb_cloud.sql.transaction import Transaction

OAUTH: Final = "OAUTH_CLIENT_CREDENTIALS"  # the AuthorizationType
AUTHORIZED: Final = "AUTHORIZED"
AUTHORIZING: Final = "AUTHORIZING"
DEAUTHORIZED: Final = "DEAUTHORIZED"
_STATE: Final = ("ConnectionState", "StateReason", "LastAuthorizedTime")


def authorization_of(connection: EventResource) -> dict[str, Any]:
    """ConnectionState, StateReason if there is one, and LastAuthorizedTime in seconds since 1970.

    As DescribeConnection of the EventBridge API has them. Without OAuth, a connection is authorized when it is changed.
    """
    found = {key: connection.data[key] for key in _STATE if key in connection.data}
    state = AUTHORIZING if connection.data["AuthorizationType"] == OAUTH else AUTHORIZED
    return {"ConnectionState": state, "LastAuthorizedTime": connection.modified, **found}


def state_of(connection: EventResource) -> str:
    """AUTHORIZED, AUTHORIZING or DEAUTHORIZED."""
    state: str = authorization_of(connection)["ConnectionState"]
    return state


def in_state(connection: EventResource, state: str, **more: Any) -> EventResource:
    """The connection in another state; `more` are the new reason or time. A reason is that of one state."""
    data = {key: value for key, value in connection.data.items() if key != "StateReason"}
    return connection.with_data({**data, "ConnectionState": state, **more})


def without_state(data: Mapping[str, Any]) -> dict[str, Any]:
    """A connection's data without what is kept of its state."""
    return {key: value for key, value in data.items() if key not in _STATE}


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


def record_authorization(transaction: Transaction, delivery: Delivery, outcome: Outcome) -> None:
    """Keep with the connection whether there was a token for it, and write a change to the log."""
    name = delivery.request.get("connection")
    found = None if name is None else transaction.event_resources.find(CONNECTION, name)
    # An answer about parameters that were changed meanwhile says nothing.
    if outcome.authorized is None or found is None or found.data["AuthParameters"] != delivery.request.get("auth"):
        return
    state = AUTHORIZED if outcome.authorized else DEAUTHORIZED
    if state_of(found) == state:
        return
    if outcome.authorized:
        changed = in_state(found, state, LastAuthorizedTime=transaction.wall_ms // 1000)
    else:
        changed = in_state(found, state, StateReason=outcome.message)
        transaction.report(f"connection {name} is deauthorized: {outcome.message}; it is tried again.")
    transaction.event_resources.put(changed)
