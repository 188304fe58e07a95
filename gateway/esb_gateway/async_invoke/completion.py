"""The end of an event: records for its destinations, and whether the event is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from esb_gateway.async_invoke.event_file import KeptEvent
from esb_gateway.async_invoke.records import ReadResponse, about, dead_letter_attributes, record
from esb_gateway.async_invoke.rules import (
    MAX_CHAIN,
    Condition,
    Ended,
    Event,
    dead_letter_queue,
    destinations,
    policy_of,
)
from esb_gateway.invocation import Function
from esb_gateway.targets.target import Message, Target, service_of
from esb_gateway.tracing.identifiers import Identifiers
from esb_gateway.tracing.lineage import with_invocation
from esb_schemas.contract import Destination, EventInvoke


def complete(  # noqa: PLR0913 - all of them are values or functions without effect
    event: Event,
    ended: Ended,
    now: float,
    *,
    find: Callable[[str], Function | None],
    identifiers: Identifiers,
    targets: Mapping[str, Target],
    read: ReadResponse | None = None,
) -> tuple[KeptEvent | None, list[Event]]:
    """The event to keep, if any, and the new events that deliver its record. `read` is its response, if that was read.

    An event is kept if it failed and has no destination, or if a destination does not take its record: because this
    stack lacks the service or the function, the record is too large, or too many events have followed each other.
    """
    function = find(event.invocation.function)
    wanted = messages(event, ended, function, now, read)
    followers, missed = [], []
    for destination, message in wanted:
        target = targets.get(service_of(destination))
        invocation = None if target is None else target(destination, message, find, identifiers)
        if invocation is None or event.chain >= MAX_CHAIN:
            missed.append(destination.function or destination.arn or "")
        else:
            followers.append(Event(invocation, accepted=now, due=now, chain=event.chain + 1))
    if not missed and (wanted or ended.condition is Condition.SUCCESS):
        return None, followers
    counted = replace(event, attempts=ended.attempts)
    return KeptEvent(counted, now, ended.condition.value, tuple(missed), ended.response), followers


def needs_response(ended: Ended, policy: EventInvoke) -> bool:
    """Whether somebody gets the response of an event, or what it says."""
    return ended.response is not None and bool(destinations(ended, policy) or dead_letter_queue(ended, policy))


def messages(
    event: Event, ended: Ended, function: Function | None, now: float, read: ReadResponse | None = None
) -> list[tuple[Destination, Message]]:
    """The events that follow an ended one: destinations get a record, a dead-letter queue the event itself."""
    policy, trace_id = policy_of(function), event.invocation.trace_id
    if ended.attempts:
        trace_id = with_invocation(trace_id, event.invocation.function)
    wanted, dead = destinations(ended, policy), dead_letter_queue(ended, policy)
    version = "$LATEST" if function is None else function.executed_version(event.invocation.arn)
    content = record(event, ended, version, now, read) if wanted else b""
    found = [
        (destination, Message(content, trace_id, about=about(event, ended, destination.arn or "")))
        for destination in wanted
    ]
    if dead is not None:
        letter = Message(event.invocation.payload, trace_id, dead_letter_attributes(event, ended, read))
        found.append((dead, letter))
    return found
