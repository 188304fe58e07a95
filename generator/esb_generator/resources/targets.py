"""Common parts of the services that send to targets: the targets that the stack supports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from esb_generator.resources.nodes import Dropped, Field, Node, shaped, text
from esb_generator.resources.stack import Stack
from esb_schemas.sections.eventbridge import DEFAULT_BUS

_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "sqs": ("queue", "Arn"),
    "sns": ("topic", "TopicArn"),
    "events": ("bus", "Arn"),
}
"""The kind of resource and its attribute with the ARN, by the service in the ARN."""

SQS_PARAMETERS: Final = Field(shaped({"MessageGroupId": Field(text, required=True)}))
OTHER_PARAMETERS: Final = Dropped("such targets are not in the stack")


def service_of(arn: str) -> str:
    """The service that an ARN names; empty for any other text."""
    return arn.split(":")[2] if arn.count(":") >= 5 else ""


def check_standard(node: Node, arn: str, why: str) -> None:
    """Report a FIFO queue or topic, `why` in words such as `S3 does not notify`."""
    service = service_of(arn)
    if service in ("sqs", "sns") and arn.endswith(".fifo"):
        what, _ = _KINDS[service]
        node.problem(f"names a FIFO {what}, which {why}; name a standard {what}")


def delivered_arn(stack: Stack, arn: str | None) -> str | None:
    """The ARN of a function, queue, topic or bus of the template, or of the default bus; None for another."""
    if arn is None:
        return None
    service = service_of(arn)
    if service == "lambda" and (function := stack.function(arn)) is not None:
        own = stack.function_arn(function)
        return arn if arn.startswith(f"{own}:") else own
    if service not in _KINDS:
        return None
    kind, attribute = _KINDS[service]
    is_default = service == "events" and arn.endswith(f":event-bus/{DEFAULT_BUS}")
    found = any(stack.attribute(each, attribute) == arn for each in stack.of_kind(kind))
    return arn if is_default or found else None
