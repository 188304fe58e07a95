"""The interface of targets: services that take a message for one of their resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from esb_gateway.invocation import Function, Invocation
from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas.contract import Destination


class Attribute(NamedTuple):
    """An attribute of a message, for services that have them: `type` is String or Number."""

    type: str
    value: str


class About(NamedTuple):
    """The other fields of an event that has the message as its detail; `resources` are ARNs."""

    source: str
    detail_type: str
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A message as JSON, and the trace it belongs to. Buses need `about`, FIFO queues `group`."""

    content: bytes
    trace_id: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    about: About | None = None
    group: str | None = None


class Target(Protocol):
    """Turns a message into the invocation that delivers it: of a function, or one that `Deliveries` takes."""

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
    return "lambda" if destination.function is not None else service_of_arn(destination.arn or "")


def service_of_arn(arn: str) -> str:
    """The service that an ARN names; empty if it is none."""
    parts = arn.split(":")
    return parts[2] if len(parts) > 2 and parts[0] == "arn" else ""
