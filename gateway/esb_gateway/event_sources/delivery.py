"""Events of sources become asynchronous invocations: durable first, then run with retries and destinations.

So do messages for queues, topics and buses; see `targets.deliveries`.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from esb_gateway.event_sources.source import SourceEvent, Undeliverable
from esb_gateway.invocation import Accepted, EventAcceptor, Invocation, NotAccepted
from esb_gateway.targets.table import SEND
from esb_gateway.targets.target import Message, service_of_arn
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas.contract import Destination
from esb_wire.trace_hops import with_hop


class SourceAcceptor(EventAcceptor, Protocol):
    """Accepts asynchronous invocations, each once if it has a time."""

    def accept_once(self, key: str, due: int, invocation: Invocation, done: Accepted) -> None:
        """Make the invocation durable and run it, unless one of that key and time was accepted before.

        `done` is called once, on the loop: with None when it is durable, else with the reason.
        """


class Delivery:
    """The `Deliver` of all sources. Used on one loop."""

    def __init__(self, events: SourceAcceptor, identifiers: Identifiers, telemetry: Telemetry) -> None:
        self._events = events
        self._identifiers = identifiers
        self._telemetry = telemetry

    async def __call__(self, event: SourceEvent) -> None:
        """See `Deliver`."""
        invocation = self._invocation(event)
        accepted: asyncio.Future[NotAccepted | None] = asyncio.get_running_loop().create_future()

        def done(problem: NotAccepted | None) -> None:
            if not accepted.done():  # the source may have been cancelled meanwhile
                accepted.set_result(problem)

        if event.due is None:
            self._events.accept(invocation, done)
        else:
            self._events.accept_once(event.key, event.due, invocation, done)
        problem = await accepted
        if problem is not None:
            self._telemetry.log_error(invocation, f"{event.key}: the event could not be delivered: {problem}")
            raise problem

    def _invocation(self, event: SourceEvent) -> Invocation:
        trace = with_hop(self._identifiers.trace(event.trace_id, self._telemetry.clock()), event.origin)
        target = SEND.get(service_of_arn(event.function))
        if target is None:
            return Invocation(event.function, event.payload, self._identifiers.request_id(), trace, event.function_arn)
        message = Message(event.payload, trace, about=event.about, group=event.group)
        made = target(Destination(arn=event.function), message, _no_function, self._identifiers)
        if made is None:
            problem = f"{event.key}: {event.function} cannot take a message of {len(event.payload)} bytes"
            self._telemetry.log("gateway", "ERROR", {"message": problem})
            raise Undeliverable(problem)
        return made


def _no_function(_name: str) -> None:
    return None
