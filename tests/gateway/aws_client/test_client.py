"""Answers of AWS APIs."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import pytest

from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.protocols import SERVICES, AwsCallError
from esb_gateway.forwarding.forwarder import Outgoing
from esb_wire.http.messages import Response
from esb_wire.offload import LARGE
from esb_wire.sigv4 import Credentials
from tests.fake_offload import FakeOffload

PUBLISHED = (
    '<?xml version="1.0"?><PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>'
    "<MessageId>a&amp;b</MessageId><!-- c --></PublishResult><ResponseMetadata><RequestId>1</RequestId>"
    "</ResponseMetadata></PublishResponse>"
)
REFUSED = (
    '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>NotFound</Code>'
    "<Message>Topic does not exist</Message></Error><RequestId>1</RequestId></ErrorResponse>"
)
BOMB = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<PublishResponse><MessageId>&b;</MessageId></PublishResponse>"
)


def test_a_result_of_query_has_the_texts_by_their_names() -> None:
    assert SERVICES["sns"].result(Response(200, (), PUBLISHED.encode())) == {"MessageId": "a&b", "RequestId": "1"}


def test_a_refusal_of_query_has_its_code_and_its_message() -> None:
    with pytest.raises(AwsCallError, match="NotFound: Topic does not exist") as refused:
        SERVICES["sns"].result(Response(404, (), REFUSED.encode()))
    assert (refused.value.code, refused.value.status) == ("NotFound", 404)


@pytest.mark.parametrize("service", ["sns", "sqs"])
@pytest.mark.parametrize("body", [b"<html><body>ok</body></html>", b"ok", b"[]", b"\xff", BOMB.encode()])
@pytest.mark.parametrize("status", [200, 502])
def test_what_no_service_answers_is_an_error(service: str, body: bytes, status: int) -> None:
    with pytest.raises(AwsCallError) as refused:
        SERVICES[service].result(Response(status, (), body))
    assert refused.value.status == status


class OneAnswer:
    """A `Forwarder` that answers everything with this."""

    def __init__(self, response: Response) -> None:
        self.response = response

    async def send(self, _outgoing: Outgoing) -> Response:
        return self.response

    async def close(self) -> None:
        """Nothing is open."""


class Kept:
    """A forwarder that keeps what it is sent."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    async def send(self, outgoing: Outgoing) -> Response:
        self.sent.append(outgoing)
        return Response(200, (), b"{}")

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.server
@pytest.mark.parametrize("service", ["sqs", "sns", "events"])
def test_a_large_call_is_written_elsewhere_and_is_the_same(service: str) -> None:
    offload, kept, texts = FakeOffload(), Kept(), {"A": [{"B": '"' * (LARGE + 1)}], "C": 1}
    for chosen in (None, offload):
        client = AwsClient(SERVICES[service], "http://h", Credentials("k", "s"), kept, lambda: 0.0, chosen)
        with suppress(AwsCallError):  # what SNS answers is no JSON
            asyncio.run(client.call("Send", texts))
            asyncio.run(client.call("Send", {"A": ["x" * LARGE]}))
    assert kept.sent[0] in kept.sent[1:]
    assert offload.works == ["_prepared"]


@pytest.mark.server
def test_a_large_page_is_read_elsewhere() -> None:
    offload = FakeOffload()
    body = json.dumps({"events": ["x" * LARGE]}).encode()
    forwarder = OneAnswer(Response(200, (), body))
    client = AwsClient(SERVICES["storage-events"], "http://h", Credentials("k", "s"), forwarder, lambda: 0.0, offload)
    assert asyncio.run(client.get("/", "")) == json.loads(body)
    assert offload.works == ["read_document"]


@pytest.mark.server  # an event loop opens sockets
@pytest.mark.parametrize(("padding", "works"), [(0, []), (LARGE, ["_made"])])
def test_a_large_answer_is_read_elsewhere(padding: int, works: list[str]) -> None:
    async def ask(status: int, document: dict[str, str]) -> object:
        body = json.dumps(document).encode() + b" " * padding
        forwarder = OneAnswer(Response(status, (), body))
        client = AwsClient(SERVICES["sqs"], "http://h", Credentials("k", "s"), forwarder, lambda: 0.0, offload)
        return await client.call("ReceiveMessage", {})

    offload = FakeOffload()
    assert asyncio.run(ask(200, {"a": "b"})) == {"a": "b"}
    assert offload.works == works
    with pytest.raises(AwsCallError, match="No: no") as refused:
        asyncio.run(ask(400, {"__type": "ns#No", "message": "no"}))
    assert (refused.value.code, refused.value.status) == ("No", 400)
