"""Queues as targets."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any, cast

import pytest

from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.protocols import AwsCallError
from esb_gateway.invocation import Done, Ending, Function, Invocation, Outcome
from esb_gateway.targets.deliveries import AT_ONCE, Deliveries
from esb_gateway.targets.sqs import MAX_MESSAGE, send_to_queue
from esb_gateway.targets.table import available
from esb_gateway.targets.target import Attribute, Message
from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas.contract import Destination

IDENTIFIERS = Identifiers(os.urandom)
QUEUE = "arn:aws:sqs:us-east-1:123456789012:done"


class FakeClient:
    """Notes calls; answers with a URL, or an error."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    async def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        self.calls.append((operation, parameters))
        if self.error is not None:
            raise self.error
        return {"QueueUrl": "http://cloud:4566/123456789012/done"}


class FakeFunctions:
    """Notes what runs."""

    def __init__(self) -> None:
        self.submitted: list[Invocation] = []

    def submit(self, invocation: Invocation, done: Done) -> None:
        self.submitted.append(invocation)

    def find(self, _function: str) -> Function | None:
        return None

    def capacity(self, _function: str) -> int:
        return 1


def message(content: bytes = b'{"a":1.0}', **attributes: Attribute) -> Message:
    return Message(content, "Root=1-0", attributes)


def invocation_of(sent: Message) -> Invocation:
    found = send_to_queue(Destination(arn=QUEUE), sent, lambda _: None, IDENTIFIERS)
    assert found is not None
    return found


def deliver(invocation: Invocation, client: FakeClient | None) -> Outcome:
    async def run() -> Outcome:
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        deliveries = Deliveries(FakeFunctions(), lambda _: cast("AwsClient | None", client))
        deliveries.submit(invocation, ended.set_result)
        return await ended

    return asyncio.run(run())


def test_a_message_is_sent_as_it_is_with_its_trace_and_attributes() -> None:
    client = FakeClient()
    outcome = deliver(invocation_of(message(ErrorCode=Attribute("Number", "200"))), client)
    assert outcome.ending is Ending.DONE
    assert client.calls[0] == ("GetQueueUrl", {"QueueName": "done"})
    assert client.calls[1] == (
        "SendMessage",
        {
            "QueueUrl": "http://cloud:4566/123456789012/done",
            "MessageBody": '{"a":1.0}',
            "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-0"}},
            "MessageAttributes": {"ErrorCode": {"DataType": "Number", "StringValue": "200"}},
        },
    )


def test_a_message_that_no_queue_takes_is_not_queued() -> None:
    large = message(b"x" * MAX_MESSAGE)
    assert send_to_queue(Destination(arn=QUEUE), large, lambda _: None, IDENTIFIERS) is None


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (AwsCallError("", "does not answer"), Ending.NOT_RUN),
        (AwsCallError("ServiceUnavailable", "full", 503), Ending.NOT_RUN),
        (AwsCallError("RequestThrottled", "slower", 429), Ending.NOT_RUN),
        (AwsCallError("ThrottlingException", "slower", 400), Ending.NOT_RUN),
        (KeyError("QueueUrl"), Ending.NOT_RUN),
        (AwsCallError("QueueDoesNotExist", "no such queue", 400), Ending.FUNCTION_ERROR),
    ],
)
def test_a_server_that_is_away_is_waited_for_and_a_refusal_is_an_error(error: Exception, ending: Ending) -> None:
    assert deliver(invocation_of(message()), FakeClient(error)).ending is ending


def test_a_stack_without_the_server_refuses() -> None:
    assert deliver(invocation_of(message()), None).ending is Ending.FUNCTION_ERROR
    assert available(lambda _: False).keys() == {"lambda"}
    assert "sqs" in available(lambda service: service == "sqs")


def test_functions_still_run() -> None:
    functions = FakeFunctions()
    deliveries = Deliveries(functions, lambda _: None)
    invocation = Invocation("work", b"{}", "id", "Root=1-0", "arn:aws:lambda:us-east-1:123456789012:function:work")
    deliveries.submit(invocation, lambda _: None)
    assert functions.submitted == [invocation]
    assert (deliveries.capacity("work"), deliveries.capacity(QUEUE)) == (1, AT_ONCE)
