"""The targets by the service in the ARN: to add one, write its module and add its row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from esb_gateway.targets.eventbridge import put_on_bus
from esb_gateway.targets.lambda_ import invoke_function
from esb_gateway.targets.sns import publish_to_topic
from esb_gateway.targets.sqs import send_to_queue
from esb_gateway.targets.target import Target

SEND: Final[Mapping[str, Target]] = MappingProxyType(
    {"events": put_on_bus, "lambda": invoke_function, "sns": publish_to_topic, "sqs": send_to_queue}
)


def available(has_server: Callable[[str], bool]) -> Mapping[str, Target]:
    """The targets whose service this stack has a server of; functions are always there."""
    return {service: target for service, target in SEND.items() if service == "lambda" or has_server(service)}
