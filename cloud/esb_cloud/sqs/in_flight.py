"""The events in flight, for people: messages that were received, and deliveries to functions and HTTP endpoints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from esb_cloud.aws.service import Call, Result
from esb_cloud.sql.tables.deliveries import Delivery
from esb_cloud.sql.tables.messages import Message
from esb_cloud.sql.transaction import Transaction
from esb_wire.trace_hops import hops

MAX_EVENTS: Final = 100  # of each kind


def list_events(transaction: Transaction, _call: Call) -> Result:
    """The oldest events of each kind, the oldest first; `more` if not all.

    An event has `id`, `source`, `target`, `state`, `age` in seconds, `attempt`, `due` (in how many seconds it is
    visible, or sent, again) and `chain`, the hops that it came through.
    """
    messages = [
        _message(transaction, queue.name, message)
        for queue in transaction.queues.all()
        for message in transaction.messages.list_in_flight(queue, transaction.now, MAX_EVENTS + 1)
    ]
    deliveries = [_delivery(transaction, delivery) for delivery in transaction.deliveries.oldest(MAX_EVENTS + 1)]
    events = [event for kind in (messages, deliveries) for event in sorted(kind, key=_by_age)[:MAX_EVENTS]]
    return {"events": events, "more": max(len(messages), len(deliveries)) > MAX_EVENTS}


def _message(transaction: Transaction, queue: str, message: Message) -> dict[str, Any]:
    source = f"queue:{queue}"
    through = () if message.source is None else (f"queue:{message.source.rpartition(':')[2]}",)
    trace: str = json.loads(message.system).get("AWSTraceHeader", "")
    return {
        "id": message.message_id,
        "source": source,
        "target": None,
        "state": "received",
        "age": _seconds(transaction.now - message.enqueued),
        "attempt": message.receives,
        "due": _seconds(message.visible - transaction.now),
        "chain": [*hops(trace), *through, source],
    }


def _delivery(transaction: Transaction, delivery: Delivery) -> dict[str, Any]:
    request: Mapping[str, Any] = delivery.request
    kind, _, name = delivery.source.partition(" ")
    source = f"{kind}:{name}"
    chain = hops(request.get("trace") or "")
    return {
        "id": str(delivery.id),
        "source": source,
        "target": _target(delivery),
        "state": "waiting" if delivery.due > transaction.now else "sending",
        "age": _seconds(transaction.now - delivery.started),
        "attempt": delivery.failures + 1,
        "due": _seconds(delivery.due - transaction.now),
        "chain": [*(chain or (source,))],
    }


def _target(delivery: Delivery) -> str:
    """A function by its name, an endpoint by its host: its URL may have credentials."""
    request = delivery.request
    if "function" in request:
        return f"function:{request['function'].rpartition(':function:')[2].partition(':')[0]}"
    return f"endpoint:{urlsplit(request['url']).hostname}" if "url" in request else delivery.target


def _by_age(event: Mapping[str, Any]) -> float:
    return -float(event["age"])


def _seconds(seconds: float) -> float:
    return round(max(0.0, seconds), 3)
