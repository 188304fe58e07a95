"""The events as `/_esb/events` shows them: rows of the file as JSON objects."""

# ruff: noqa: S608 - the statements are made of constants of this file; values are always parameters

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from esb_gateway.async_invoke.event_file import EventFile
from esb_gateway.invocation import json_or_text
from esb_gateway.telemetry.logs import timestamp
from esb_wire.trace_hops import hops

View: TypeAlias = dict[str, Any]

MAX_LIMIT: Final = 10_000
_QUEUED: Final = "request_id, function, accepted, attempts, size, due, id"
_KEPT: Final = "request_id, function, accepted, attempts, size, ended, condition, targets"
_IN_FLIGHT: Final = "request_id, function, accepted, attempts, due, id, trace_id"
_DETAILS: Final = "arn, trace_id, client_context, payload"


@dataclass(frozen=True, slots=True)
class EventFilter:
    """The events to list: of one function or of all, queued or failed ones or both, at most `limit` of each."""

    function: str | None = None
    states: tuple[str, ...] = ("failed", "queued")
    limit: int = 100


def overview(file: EventFile, chosen: EventFilter) -> View:
    """The chosen events, and the numbers of all: failed ones, the latest first; then queued ones, the oldest first."""
    events: list[View] = []
    where, values = ("", ()) if chosen.function is None else ("WHERE function = ?", (chosen.function,))
    order = "id" if chosen.function is None else "due"  # each has an index
    if "failed" in chosen.states:
        rows = file.db.execute(
            f"SELECT {_KEPT} FROM kept {where} ORDER BY ended DESC LIMIT ?",
            (*values, chosen.limit),
        )
        events += [_kept(row) for row in rows]
    if "queued" in chosen.states:
        rows = file.db.execute(
            f"SELECT {_QUEUED} FROM queued {where} ORDER BY {order} LIMIT ?",
            (*values, chosen.limit),
        )
        events += [_queued(row) for row in rows]
    return {"queued": file.queued, "failed": file.kept, "events": events}


def in_flight(file: EventFile, limit: int) -> list[View]:
    """Events that run or wait, the oldest first, each with its trace; `number` is for `EventQueue.is_running`."""
    rows = file.db.execute(f"SELECT {_IN_FLIGHT} FROM queued ORDER BY id LIMIT ?", (limit,))
    names = ("id", "function", "accepted", "attempts", "due", "number", "trace_id")
    return [dict(zip(names, row, strict=True)) for row in rows]


def details(file: EventFile, request_id: str) -> View | None:
    """Everything about one event; None if there is no such event. Payload and response are bytes, for `shown`."""
    row = file.db.execute(
        f"SELECT {_DETAILS}, {_QUEUED} FROM queued WHERE request_id = ?",
        (request_id,),
    ).fetchone()
    if row is not None:
        return {**_queued(row[4:]), **_invocation(row)}
    row = file.db.execute(
        f"SELECT {_DETAILS}, {_KEPT}, response FROM kept WHERE request_id = ?",
        (request_id,),
    ).fetchone()
    if row is None:
        return None
    *_, response = row
    return {**_kept(row[4:-1]), **_invocation(row), "response": response}


def shown(view: View) -> View:
    """The details with payload and response as values. 7 MB take 50 ms to read."""
    return {name: json_or_text(value) if isinstance(value, bytes) else value for name, value in view.items()}


def _queued(row: Any) -> View:
    *common, due, id_ = row
    return {**_common(common), "state": "queued", "due": timestamp(due), "number": id_}


def _kept(row: Any) -> View:
    *common, ended, condition, targets = row
    rest = {"ended": timestamp(ended), "condition": condition, "targets": json.loads(targets)}
    return {**_common(common), "state": "failed", **rest}


def _common(row: Any) -> View:
    request_id, function, accepted, attempts, size = row
    return {
        "id": request_id,
        "function": function,
        "accepted": timestamp(accepted),
        "attempts": attempts,
        "bytes": size,
    }


def _invocation(row: Any) -> View:
    arn, trace_id, client_context, payload, *_ = row
    fields = {"arn": arn, "trace_id": trace_id, "chain": [*hops(trace_id)], "payload": payload}
    return fields if client_context is None else {**fields, "client_context": client_context}
