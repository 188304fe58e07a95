"""The interface of targets: services that take a message for one of their resources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from esb_gateway.identifiers import Identifiers
from esb_gateway.invocation import Function, Invocation
from esb_schemas.contract import Destination


@dataclass(frozen=True, slots=True)
class Message:
    """A message as JSON, and the trace it belongs to."""

    content: bytes
    trace_id: str


class Target(Protocol):
    """Turns a message into the invocation that delivers it."""

    def __call__(
        self,
        destination: Destination,
        message: Message,
        find: Callable[[str], Function | None],
        identifiers: Identifiers,
        /,
    ) -> Invocation | None:
        """The invocation, to be queued as an event of its own. None: the destination cannot take the message."""


def service_of(destination: Destination) -> str:
    """The service of the destination's ARN; a function of the stack is named without one."""
    if destination.function is not None:
        return "lambda"
    parts = (destination.arn or "").split(":")
    return parts[2] if len(parts) > 2 else ""
