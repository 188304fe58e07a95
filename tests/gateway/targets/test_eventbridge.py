"""Buses as targets."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any, cast

import pytest

from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.protocols import AwsCallError
from esb_gateway.invocation import Invocation
from esb_gateway.targets.eventbridge import MAX_ENTRY, put_event, put_on_bus
from esb_gateway.targets.target import About, Message
from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas.contract import Destination

IDENTIFIERS = Identifiers(os.urandom)
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/shop"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:work:$LATEST"
ABOUT = About("lambda", "Lambda Function Invocation Result - Success", (BUS, FUNCTION))


class Bus:
    """Notes calls, and gives one answer."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self.answer = answer

    async def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        self.calls.append((operation, parameters))
        return self.answer


def invocation_of(message: Message) -> Invocation | None:
    return put_on_bus(Destination(arn=BUS), message, lambda _: None, IDENTIFIERS)


def test_a_message_is_the_detail_of_an_event() -> None:
    invocation, client = invocation_of(Message(b'{"a":1.0}', "Root=1-0", about=ABOUT)), Bus({"FailedEntryCount": 0})
    assert invocation is not None
    asyncio.run(put_event(cast("AwsClient", client), invocation))
    entry = {
        "Source": "lambda",
        "DetailType": "Lambda Function Invocation Result - Success",
        "Resources": [BUS, FUNCTION],
        "Detail": '{"a":1.0}',
        "EventBusName": BUS,
        "TraceHeader": "Root=1-0",
    }
    assert client.calls == [("PutEvents", {"Entries": [entry]})]


def test_a_trace_that_is_too_long_for_a_bus_goes_without_its_hops() -> None:
    """API reference, PutEventsRequestEntry: TraceHeader has at most 500 characters."""
    trace = f"Root=1-0;Hops={','.join(['queue:orders'] * 50)}"
    invocation, client = invocation_of(Message(b"{}", trace, about=ABOUT)), Bus({"FailedEntryCount": 0})
    assert invocation is not None
    asyncio.run(put_event(cast("AwsClient", client), invocation))
    assert client.calls[0][1]["Entries"][0]["TraceHeader"] == "Root=1-0"


def test_an_entry_that_is_refused_is_an_error() -> None:
    invocation = invocation_of(Message(b"{}", "", about=ABOUT))
    assert invocation is not None
    answer = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "MalformedDetail", "ErrorMessage": "no object"}]}
    with pytest.raises(AwsCallError, match="MalformedDetail: no object"):
        asyncio.run(put_event(cast("AwsClient", Bus(answer)), invocation))


def test_a_message_that_no_bus_takes_is_not_queued() -> None:
    assert invocation_of(Message(b"{}", "")) is None, "it does not say what it is about"
    assert invocation_of(Message(b"x" * MAX_ENTRY, "", about=ABOUT)) is None
