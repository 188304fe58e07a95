"""API destinations and their connections.

Sources: EventBridge user guide, "API destinations"; recorded/events/test_api_destinations_and_connection.json.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.cloud.endpoint import Endpoint
from tests.cloud.eventbridge.conftest import Events
from tests.cloud.eventbridge.test_put_events import refusal

pytestmark = pytest.mark.server

KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "secret"}}
BASIC = {"BasicAuthParameters": {"Username": "user", "Password": "secret"}}
MORE = {
    "HeaderParameters": [{"Key": "X-More", "Value": "hidden", "IsValueSecret": True}],
    "QueryStringParameters": [{"Key": "q", "Value": "a b", "IsValueSecret": False}],
    "BodyParameters": [{"Key": "extra", "Value": "x", "IsValueSecret": False}],
}


def connect(events: Events, kind: str = "API_KEY", auth: Any = KEY) -> str:
    arn: str = events.client.create_connection(Name=events.name, AuthorizationType=kind, AuthParameters=auth)[
        "ConnectionArn"
    ]
    return arn


def destination(events: Events, connection: str, url: str, **parameters: Any) -> str:
    given = {"Name": events.name, "ConnectionArn": connection, "HttpMethod": "POST", **parameters}
    arn: str = events.client.create_api_destination(InvocationEndpoint=url, **given)["ApiDestinationArn"]
    return arn


def test_an_event_is_posted_with_the_key(events: Events, server: Endpoint) -> None:
    bus = events.bus()
    events.rule(bus, {"Arn": destination(events, connect(events), f"{server.url}/in"), "InputPath": "$.detail"})
    events.put(bus, {"n": 1})
    (request,) = server.wait_for(1)
    assert (request.method, request.path, request.json) == ("POST", "/in", {"n": 1})
    assert request.headers["x-key"] == "secret"
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert request.headers["user-agent"] == "Amazon/EventBridge/ApiDestinations"


def test_what_connection_and_target_add(events: Events, server: Endpoint) -> None:
    bus = events.bus()
    connection = connect(events, "BASIC", {**BASIC, "InvocationHttpParameters": MORE})
    arn = destination(events, connection, f"{server.url}/users/*/x", HttpMethod="PUT")
    parameters = {
        "PathParameterValues": ["a/b"],
        "HeaderParameters": {"X-Target": "t"},
        "QueryStringParameters": {"p": "1"},
    }
    events.rule(bus, {"Arn": arn, "InputPath": "$.detail", "HttpParameters": parameters})
    events.put(bus, {"n": 1})
    (request,) = server.wait_for(1)
    assert (request.method, request.path) == ("PUT", "/users/a%2Fb/x?p=1&q=a%20b")
    assert request.json == {"n": 1, "extra": "x"}
    assert request.headers["authorization"] == "Basic dXNlcjpzZWNyZXQ="
    assert (request.headers["x-more"], request.headers["x-target"]) == ("hidden", "t")


def test_a_get_has_no_body(events: Events, server: Endpoint) -> None:
    bus = events.bus()
    events.rule(bus, {"Arn": destination(events, connect(events), server.url, HttpMethod="GET")})
    events.put(bus)
    (request,) = server.wait_for(1)
    assert (request.method, request.body) == ("GET", "")


def test_a_delivery_that_waits_uses_the_key_of_today(events: Events, server: Endpoint) -> None:
    server.status = 401
    bus = events.bus()
    events.rule(bus, {"Arn": destination(events, connect(events), server.url)})
    events.put(bus)
    server.wait_for(1)
    new = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "new"}}
    events.client.update_connection(Name=events.name, AuthParameters=new)
    while server.received[-1].headers["x-key"] != "new":
        server.wait_for(len(server.received) + 1)
    server.status = 200


def test_a_limit_of_requests_a_second(events: Events, server: Endpoint) -> None:
    bus = events.bus()
    events.rule(bus, {"Arn": destination(events, connect(events), server.url, InvocationRateLimitPerSecond=2)})
    begun = time.monotonic()
    for number in range(3):
        events.put(bus, {"n": number})
    assert max(request.at for request in server.wait_for(3)) >= begun + 1


def test_secrets_are_not_shown(events: Events) -> None:
    arn = connect(events, "API_KEY", {**KEY, "InvocationHttpParameters": MORE})
    found = events.client.describe_connection(Name=events.name)
    assert "secret" not in str(found["AuthParameters"])
    assert found["AuthParameters"]["InvocationHttpParameters"]["HeaderParameters"] == [
        {"Key": "X-More", "IsValueSecret": True}
    ]
    assert (found["ConnectionArn"], found["ConnectionState"]) == (arn, "AUTHORIZED")
    listed = events.client.list_connections(NamePrefix=events.name)["Connections"]
    assert [one["Name"] for one in listed] == [events.name]
    assert events.client.delete_connection(Name=events.name)["ConnectionState"] == "DELETING"
    missing = refusal(events.client.describe_connection, Name=events.name)
    assert missing == (
        f"ResourceNotFoundException: Failed to describe the connection(s). Connection '{events.name}' does not exist."
    )


def test_destinations(events: Events) -> None:
    connection = connect(events)
    arn = destination(events, connection, "https://example.com/x")
    found = events.client.describe_api_destination(Name=events.name)
    assert found["ApiDestinationArn"] == arn
    assert (found["InvocationEndpoint"], found["InvocationRateLimitPerSecond"]) == ("https://example.com/x", 300)
    events.client.update_api_destination(Name=events.name, HttpMethod="PUT")
    listed = events.client.list_api_destinations(ConnectionArn=connection)["ApiDestinations"]
    assert [(one["Name"], one["HttpMethod"]) for one in listed] == [(events.name, "PUT")]
    events.client.delete_api_destination(Name=events.name)
    assert "does not exist" in refusal(events.client.describe_api_destination, Name=events.name)


@pytest.mark.parametrize(
    ("kind", "auth", "expected"),
    [
        ("API_KEY", BASIC, "Parameter(s) ApiKeyAuthParameters with ApiKeyName and ApiKeyValue must be specified."),
        ("BASIC", {"BasicAuthParameters": {"Username": "u"}}, "Parameter(s) BasicAuthParameters with Username"),
        ("OAUTH_CLIENT_CREDENTIALS", {}, "AuthorizationType OAUTH_CLIENT_CREDENTIALS is not available in this stack"),
    ],
)
def test_connections_that_are_refused(events: Events, kind: str, auth: Any, expected: str) -> None:
    given = {"Name": events.name, "AuthorizationType": kind, "AuthParameters": auth}
    assert refusal(events.client.create_connection, **given).startswith(f"ValidationException: {expected}")


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"HttpMethod": "SEND"}, "ValidationException: 1 validation error detected: Value 'SEND' at 'httpMethod'"),
        ({"InvocationEndpoint": "ftp://x"}, "ValidationException: Parameter InvocationEndpoint is not valid."),
        ({"InvocationRateLimitPerSecond": 0}, "ValidationException: Parameter InvocationRateLimitPerSecond is not"),
        ({"ConnectionArn": "arn:x:connection/missing/1"}, "ResourceNotFoundException: Connection 'arn:x:connection"),
    ],
)
def test_destinations_that_are_refused(events: Events, parameters: dict[str, Any], expected: str) -> None:
    given = {"Name": events.name, "ConnectionArn": connect(events), "HttpMethod": "POST"}
    found = refusal(events.client.create_api_destination, **{"InvocationEndpoint": "https://x", **given, **parameters})
    assert found.startswith(expected)
