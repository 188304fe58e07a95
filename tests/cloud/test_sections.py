"""Topics and buses of resources.yml, as `--resources` makes them, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest

from esb_cloud.aws.stack import Stack
from esb_cloud.clocks import Clocks
from esb_cloud.eventbridge.connection_section import create as create_connection
from esb_cloud.eventbridge.section import create as create_bus
from esb_cloud.sns.section import create as create_topic
from esb_cloud.sql.store import Store
from esb_cloud.sql.transaction import Transaction
from esb_wire.errors import AwsError

STACK = Stack(url="http://127.0.0.1:4566")
QUEUE = "arn:aws:sqs:us-east-1:123456789012:queue"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
Create = Callable[[Transaction, Stack, Mapping[str, Any]], None]


def _create(create: Create, entry: Mapping[str, Any], transaction: Transaction) -> None:
    create(transaction, STACK, entry)


def made(create: Create, entries: list[dict[str, Any]], look: Callable[[Transaction], Any]) -> Any:
    """What there is after all entries were made, one after the other."""

    async def run() -> Any:
        store = Store(None, None, lambda _: None)
        try:
            for entry in entries:
                await store.do(partial(_create, create, entry))
            return await store.do(look)
        finally:
            await store.close()

    return asyncio.run(run())


TOPIC = {
    "Name": "orders",
    "Attributes": {"DisplayName": "Orders"},
    "Tags": [{"Key": "team", "Value": "a"}],
    "Subscriptions": [
        {"Protocol": "sqs", "Endpoint": QUEUE, "Attributes": {"RawMessageDelivery": "true"}},
        {"Protocol": "lambda", "Endpoint": FUNCTION},
    ],
}


@pytest.mark.parametrize("times", [1, 2])
def test_a_topic_with_subscriptions(times: int) -> None:
    def look(transaction: Transaction) -> Any:
        topic = transaction.topics.find("orders")
        assert topic is not None
        subscriptions = transaction.subscriptions.confirmed("orders")
        return topic.attributes, topic.tags, [(one.protocol, one.endpoint, one.attributes) for one in subscriptions]

    assert made(create_topic, [TOPIC] * times, look) == (
        {"DisplayName": "Orders"},
        {"team": "a"},
        [("sqs", QUEUE, {"RawMessageDelivery": "true"}), ("lambda", FUNCTION, {})],
    )


def test_a_topic_that_differs_gets_the_settings_of_the_file() -> None:
    changed = {
        **TOPIC,
        "Attributes": {"DisplayName": "Other"},
        "Subscriptions": [{"Protocol": "sqs", "Endpoint": QUEUE, "Attributes": {"FilterPolicy": '{"a": ["b"]}'}}],
    }

    def look(transaction: Transaction) -> Any:
        topic = transaction.topics.find("orders")
        assert topic is not None
        return topic.attributes["DisplayName"], transaction.subscriptions.confirmed("orders")[0].attributes

    assert made(create_topic, [TOPIC, changed], look) == ("Other", {"FilterPolicy": '{"a": ["b"]}'})


def test_a_topic_that_cannot_be_made() -> None:
    with pytest.raises(AwsError, match="Unknown attribute: Colour"):
        made(create_topic, [{"Name": "t", "Attributes": {"Colour": "red"}}], lambda _: None)


CONNECTION = {
    "Name": "crm",
    "AuthorizationType": "BASIC",
    "AuthParameters": {"BasicAuthParameters": {"Username": "u", "Password": "p"}},
    "ApiDestinations": [{"Name": "customers", "InvocationEndpoint": "https://crm.example.com/", "HttpMethod": "POST"}],
}


def connections(transaction: Transaction) -> Any:
    connection = transaction.event_resources.find("connection", "crm")
    destination = transaction.event_resources.find("api-destination", "customers")
    assert connection is not None
    assert destination is not None
    assert destination.data["ConnectionArn"].endswith(f":connection/crm/{connection.data['Id']}")
    return connection.data["AuthParameters"], destination.data["HttpMethod"]


@pytest.mark.parametrize("times", [1, 2])
def test_a_connection_with_api_destinations(times: int) -> None:
    found = made(create_connection, [CONNECTION] * times, connections)
    assert found == (CONNECTION["AuthParameters"], "POST")


def test_a_second_start_changes_nothing() -> None:
    def times(transaction: Transaction) -> Any:
        found = (
            transaction.event_resources.find("connection", "crm"),
            transaction.event_resources.find("api-destination", "customers"),
        )
        return [each and each.modified for each in found]

    async def run() -> Any:
        wall = [1_700_000_000.0]
        store = Store(None, None, lambda _: None, Clocks(wall=lambda: wall[0]))
        try:
            for _ in range(2):
                await store.do(partial(_create, create_connection, CONNECTION))
                wall[0] += 100
            return await store.do(times)
        finally:
            await store.close()

    assert asyncio.run(run()) == [1_700_000_000] * 2


def test_a_connection_that_differs_gets_the_settings_of_the_file() -> None:
    new = {"BasicAuthParameters": {"Username": "u", "Password": "new"}}
    destination = {"Name": "customers", "InvocationEndpoint": "https://crm.example.com/", "HttpMethod": "PUT"}
    changed = {**CONNECTION, "AuthParameters": new, "ApiDestinations": [destination]}
    assert made(create_connection, [CONNECTION, changed], connections) == (new, "PUT")


RULE = {
    "Name": "rule",
    "EventPattern": '{"source": ["s"]}',
    "State": "ENABLED",
    "Targets": [{"Id": "q", "Arn": QUEUE}, {"Id": "f", "Arn": FUNCTION, "InputPath": "$.detail"}],
}


@pytest.mark.parametrize("times", [1, 2])
def test_a_bus_with_rules(times: int) -> None:
    entry = {"Name": "bus", "Tags": [{"Key": "team", "Value": "a"}], "Rules": [RULE]}

    def look(transaction: Transaction) -> Any:
        (rule,) = transaction.rules.of_bus("bus")
        return rule.name, rule.pattern, list(rule.targets)

    assert made(create_bus, [entry] * times, look) == ("rule", '{"source": ["s"]}', RULE["Targets"])


def test_targets_that_the_file_does_not_name_any_more_are_removed() -> None:
    changed = {**RULE, "Targets": [{"Id": "f", "Arn": FUNCTION}]}
    entries = [{"Name": "default", "Rules": [rule]} for rule in (RULE, changed)]

    def look(transaction: Transaction) -> Any:
        return [list(rule.targets) for rule in transaction.rules.of_bus("default")]

    assert made(create_bus, entries, look) == [[{"Id": "f", "Arn": FUNCTION}]]


def test_a_bus_that_cannot_be_made() -> None:
    wrong = {**RULE, "Targets": [{"Id": "m", "Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:m"}]}
    with pytest.raises(AwsError, match="not available in this stack"):
        made(create_bus, [{"Name": "bus", "Rules": [wrong]}], lambda _: None)
