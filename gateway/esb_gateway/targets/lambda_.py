"""Functions of this stack as targets."""

from __future__ import annotations

from collections.abc import Callable

from esb_gateway.invocation import MAX_ASYNC_PAYLOAD, Function, Invocation
from esb_gateway.targets.target import Message
from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas.contract import Destination


def invoke_function(
    destination: Destination, message: Message, find: Callable[[str], Function | None], identifiers: Identifiers
) -> Invocation | None:
    """Invoke the function with the message; None if it is not in this stack, or the message is too large for it."""
    function = None if destination.function is None else find(destination.function)
    if function is None or len(message.content) > MAX_ASYNC_PAYLOAD:
        return None
    return Invocation(function.name, message.content, identifiers.request_id(), message.trace_id, function.arn)
