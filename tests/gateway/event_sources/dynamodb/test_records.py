"""What a function gets of the records that a server answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.protocols import SERVICES
from esb_gateway.event_sources.dynamodb.records import Document, Record, read_record
from esb_gateway.event_sources.dynamodb.stream import TableStream
from esb_gateway.expiry.ttl_removals import TtlRemovals
from esb_gateway.forwarding.forwarder import Outgoing
from esb_wire.http.messages import Response
from esb_wire.offload import LARGE
from esb_wire.sigv4 import Credentials
from tests.fake_offload import FakeOffload
from tests.gateway.event_sources.dynamodb.fakes import NOW, mapping, record

IDENTITY = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
EXPIRED = ('{"userIdentity": {"type": ["Service"], "principalId": ["dynamodb.amazonaws.com"]}}',)


class FakeServer:
    """Answers every request with these records."""

    def __init__(self, records: Sequence[Document]) -> None:
        self.records = records

    async def send(self, _call: Outgoing) -> Response:
        body = json.dumps({"Records": self.records, "NextShardIterator": "next"}).encode()
        return Response(200, (), body)

    async def close(self) -> None:
        """Nothing is open."""


def read(
    records: Sequence[Document],
    offload: FakeOffload | None = None,
    removals: TtlRemovals | None = None,
    filters: tuple[str, ...] = (),
) -> list[Record]:
    client = AwsClient(
        SERVICES["dynamodbstreams"], "http://d", Credentials("a", "s"), FakeServer(records), lambda: NOW, offload
    )
    stream = TableStream(client, "arn:aws:dynamodb:x:1:table/orders/stream/2026", "orders", removals or TtlRemovals())
    page = asyncio.run(stream.read("iterator", mapping(filters=filters).view(stream.label)))
    assert page.iterator == "next"
    return page.records


def event(found: Record) -> dict[str, Any] | None:
    decoded: dict[str, Any] | None = None if found.event is None else json.loads(found.event)
    return decoded


def removal(number: int) -> dict[str, Any]:
    return record(number) | {"eventName": "REMOVE"}


def deleted(*keys: Mapping[str, Any]) -> TtlRemovals:
    """The sweep has deleted these items of the table."""
    removals = TtlRemovals()
    removals.follow("orders")
    removals.add("orders", keys, NOW)
    return removals


@pytest.mark.parametrize(
    ("old", "new", "wanted"), [({"a": 1}, {"a": 1}, False), ({"a": 1}, {"a": 2}, True), (None, {"a": 1}, True)]
)
def test_a_write_that_changes_nothing_is_no_record(old: object, new: object, wanted: bool) -> None:
    images: dict[str, Any] = {"NewImage": new, **({} if old is None else {"OldImage": old})}
    change = record(1, **images) | {"eventName": "MODIFY"}
    assert (read_record(mapping().view("2026"), change).event is not None) is wanted


def test_a_record_has_the_names_of_this_stack() -> None:
    (found,) = read([{**record(1), "userIdentity": IDENTITY}])
    seen = event(found)
    assert seen is not None
    assert seen["awsRegion"] == "eu-central-1"
    assert seen["eventSourceARN"] == "arn:aws:dynamodb:eu-central-1:123456789012:table/orders/stream/2026"
    assert seen["userIdentity"] == {"principalId": "dynamodb.amazonaws.com", "type": "Service"}


def test_a_delete_of_the_sweep_has_the_identity_of_the_service() -> None:
    """ "Time to live and DynamoDB Streams" in DynamoDB's guide; a record that says so itself stays as it is."""
    records = [removal(1), removal(2), removal(3) | {"userIdentity": {"PrincipalId": "me", "Type": "User"}}, record(4)]
    found = [event(each) or {} for each in read(records, removals=deleted(*({"id": {"S": n}} for n in "1345")))]
    types = [each.get("userIdentity", {}).get("type") for each in found]
    assert types == ["Service", None, "User", None]


def test_a_filter_for_expired_items_knows_those_of_the_sweep() -> None:
    found = read([removal(1), removal(2), record(3)], removals=deleted({"id": {"S": "1"}}), filters=EXPIRED)
    assert [each.event is not None for each in found] == [True, False, False]


@pytest.mark.parametrize(
    "image", [{"a": {"S": "x" * LARGE}}, {"a": {"L": [{"L": []} for _ in range(2000)]}}], ids=["long", "many values"]
)
def test_a_large_answer_is_read_elsewhere_and_is_the_same(image: Mapping[str, Any]) -> None:
    records: Sequence[Document] = [record(1), removal(2), record(3, NewImage=image)]
    offload, pattern = FakeOffload(), ('{"eventName": ["INSERT", "REMOVE"]}',)
    elsewhere = read(records, offload, deleted({"id": {"S": "2"}}), pattern)
    assert offload.works == ["_made"]
    assert elsewhere == read(records, None, deleted({"id": {"S": "2"}}), pattern)
    assert read(records[:2], offload) == read(records[:2])
    assert offload.works == ["_made"]
