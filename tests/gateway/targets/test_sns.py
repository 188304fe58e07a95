"""Topics as targets."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any, cast

from esb_gateway.aws_client.client import AwsClient
from esb_gateway.targets.sns import MAX_TOPIC_MESSAGE, publish, publish_to_topic
from esb_gateway.targets.target import Attribute, Message
from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas.contract import Destination

IDENTIFIERS = Identifiers(os.urandom)
TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"


class NotedCalls:
    """Notes calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    async def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        self.calls.append((operation, parameters))
        return {}


def test_a_message_is_published_as_it_is_with_its_attributes() -> None:
    message = Message(b'{"a":1.0}', "Root=1-0", {"ErrorCode": Attribute("Number", "200")})
    invocation = publish_to_topic(Destination(arn=TOPIC), message, lambda _: None, IDENTIFIERS)
    assert invocation is not None
    client = NotedCalls()
    asyncio.run(publish(cast("AwsClient", client), invocation))
    assert client.calls == [
        (
            "Publish",
            {
                "TopicArn": TOPIC,
                "Message": '{"a":1.0}',
                "MessageAttributes.entry.1.Name": "ErrorCode",
                "MessageAttributes.entry.1.Value.DataType": "Number",
                "MessageAttributes.entry.1.Value.StringValue": "200",
            },
        )
    ]


def test_a_message_that_no_topic_takes_is_not_queued() -> None:
    large = Message(b"x" * MAX_TOPIC_MESSAGE, "")
    assert publish_to_topic(Destination(arn=TOPIC), large, lambda _: None, IDENTIFIERS) is None
