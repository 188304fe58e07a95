"""PutEvents: each entry is accepted or refused on its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from esb_cloud.aws.service import Call, Result
from esb_cloud.aws.stack import Stack
from esb_cloud.eventbridge.errors import refused
from esb_cloud.eventbridge.events.evaluating import Evaluation
from esb_cloud.eventbridge.events.routing import Event, evaluate_on, route
from esb_cloud.eventbridge.resources.buses import DEFAULT, find_bus, name_of_bus
from esb_cloud.sql.transaction import Transaction
from esb_wire.errors import AwsError
from esb_wire.service_events import RESERVED
from esb_wire.utc_times import to_second

MAX_ENTRIES: Final = 10
MAX_BYTES: Final = 1_048_576  # of all entries of a request
_LINEAGE: Final = re.compile(r";?Lineage=[^;]*")


def put_events(transaction: Transaction, call: Call) -> Result:
    if "EndpointId" in call.parameters:
        raise refused("Parameter EndpointId is not valid. Reason: global endpoints are not available in this stack.")
    entries: list[dict[str, Any]] = call.parameters["Entries"]
    _check(entries)
    accepted = transaction.decide("accepted", lambda: _acceptance(transaction, len(entries)))
    checked = [
        _read(transaction, call, entry, accepted.seconds, identifier)
        for entry, identifier in zip(entries, accepted.ids, strict=True)
    ]
    valid = (one for one in checked if isinstance(one, Accepted))
    evaluations = iter(evaluate_on(transaction, ((one.bus if one.exists else None, one.event) for one in valid)))
    results = [_put(transaction, call, one, next(evaluations)) if isinstance(one, Accepted) else one for one in checked]
    return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}


def event_head(entry: Mapping[str, Any], stack: Stack, identifier: str, time: str) -> dict[str, Any]:
    """The event of an entry without its detail. EventBridge user guide, "Event structure reference"."""
    return {
        "version": "0",
        "id": identifier,
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": stack.account,
        "time": time,
        "region": stack.region,
        "resources": entry.get("Resources", []),
    }


class Acceptance(NamedTuple):
    """When a request was accepted, in seconds since 1970, and the ids of its events."""

    seconds: float
    ids: tuple[str, ...]


class Accepted(NamedTuple):
    """An entry that is accepted if its detail is a JSON object. `exists`: there is such a bus."""

    bus: str
    exists: bool
    event: Event


def _acceptance(transaction: Transaction, count: int) -> Acceptance:
    return Acceptance(transaction.wall_ms / 1000, tuple(transaction.ids.uuid() for _ in range(count)))


def _check(entries: list[dict[str, Any]]) -> None:
    if not 1 <= len(entries) <= MAX_ENTRIES:
        bound = "greater than or equal to 1" if not entries else f"less than or equal to {MAX_ENTRIES}"
        values = ", ".join(map(_java, entries))
        raise refused(
            f"1 validation error detected: Value '[{values}]' at 'entries' failed to satisfy constraint: Member must "
            f"have length {bound}"
        )
    if sum(map(_size, entries)) > MAX_BYTES:
        raise refused("Total size of the entries in the request is over the limit.")


def _size(entry: Mapping[str, Any]) -> int:
    """EventBridge user guide, "Calculating PutEvents event entry size": a time counts 14 bytes."""
    texts = (entry.get("Source"), entry.get("DetailType"), entry.get("Detail"), *entry.get("Resources", ()))
    return 14 * ("Time" in entry) + sum(len(text.encode()) for text in texts if text)


def _read(
    transaction: Transaction, call: Call, entry: Mapping[str, Any], now: float, identifier: str
) -> Accepted | Result:
    """The event of an entry, or why it is refused."""
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            reason = f"Parameter {name} is not valid. Reason: {name} is a required argument."
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": reason}
    if entry["Source"].startswith(RESERVED) and not call.by_service:
        return {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "Not authorized for the source."}
    try:
        time = to_second(entry.get("Time", now))
    except (ValueError, OverflowError, OSError):
        raise AwsError("SerializationException", "Time is not a time") from None
    head = event_head(entry, call.stack, identifier, time)
    trace = _without_count(entry.get("TraceHeader") or call.trace)
    event = Event(head, entry["Detail"], to_second(now), call.base_url, trace=trace)
    bus = name_of_bus(entry.get("EventBusName") or DEFAULT)
    return Accepted(bus, find_bus(transaction, bus) is not None, event)


def _put(transaction: Transaction, call: Call, accepted: Accepted, evaluation: Evaluation | None) -> Result:
    bus, exists, event = accepted
    if evaluation is None:
        return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    identifier: str = event.head["id"]
    if not exists:
        transaction.report(f"event {identifier} was put on the bus {bus}, which does not exist, so it is lost.")
    else:
        route(transaction, call.stack, bus, event, evaluation)
    return {"EventId": identifier}


def _without_count(trace: str) -> str:
    """The X-Ray header without how often functions were invoked: AWS finds no loops over buses, so a count begins anew.

    Lambda developer guide, "Use Lambda recursive loop detection to prevent infinite loops".
    """
    return _LINEAGE.sub("", trace)


def _java(entry: Mapping[str, Any]) -> str:
    """An entry as AWS shows it in this one error (recorded)."""
    fields = {
        "time": entry.get("Time"),
        "source": entry.get("Source"),
        "resources": entry.get("Resources"),
        "detailType": entry.get("DetailType"),
        "detail": entry.get("Detail"),
        "eventBusName": entry.get("EventBusName"),
        "traceHeader": entry.get("TraceHeader"),
        "kmsKeyIdentifier": None,
        "internalMetadata": None,
    }
    shown = (f"{name}={'null' if value is None else value}" for name, value in fields.items())
    return f"PutEventsRequestEntry({', '.join(shown)})"
