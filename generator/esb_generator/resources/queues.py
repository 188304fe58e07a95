"""Common parts of the services that refer to queues: finding a queue, and checks for dead letters and timeouts."""

from __future__ import annotations

from esb_generator.resources.nodes import Node, integer, text
from esb_generator.resources.stack import Resource, Stack
from esb_schemas.contract import Function, settings
from esb_schemas.sections.sqs import DEFAULT_VISIBILITY_TIMEOUT, RANGES

QUEUE = "queue"  # the kind of its row
_FUNCTION_TIMEOUT = integer(1, 900)
_VISIBILITY_TIMEOUT = integer(*RANGES["VisibilityTimeout"])


def queue_with_arn(stack: Stack, arn: str | None) -> Resource | None:
    """The queue of this template with an ARN."""
    return next((each for each in stack.of_kind(QUEUE) if stack.attribute(each, "Arn") == arn), None)


def dead_letter_queue(stack: Stack, node: Node, key: str) -> str | None:
    """The ARN below a key; None, and a notice, if it is not a queue of this template."""
    arn = node.need(key, text)
    if arn is None:
        return None
    if queue_with_arn(stack, arn) is None:
        node.notice(f"{node.path}: {arn} is not a queue of this template; what cannot be delivered is dropped")
        return None
    return arn


def function_timeout(function: Resource) -> int:
    """Seconds."""
    given = function.properties.get("Timeout")
    return settings(Function()).timeout if given is None else _FUNCTION_TIMEOUT(given)


def check_timeouts(queue: Resource, owner: Resource) -> None:
    """Report a VisibilityTimeout shorter than the function's Timeout, for which Lambda refuses a mapping."""
    given = queue.properties.get("VisibilityTimeout")
    visible = DEFAULT_VISIBILITY_TIMEOUT if given is None else _VISIBILITY_TIMEOUT(given)
    timeout = function_timeout(owner)
    if visible < timeout:
        at = owner.properties.value_mark("Timeout") if owner.properties.has("Timeout") else owner.mark
        queue._replace(mark=queue.mark if given is None else given.mark).problem(
            f"VisibilityTimeout is {visible} s, less than the Timeout of {owner.logical_id}, {timeout} s at {at}: "
            f"messages would be received again while the function has them; "
            f"set VisibilityTimeout to {timeout} or more (AWS recommends {6 * timeout})"
        )
