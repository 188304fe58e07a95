"""API destinations and their connections.

Sources: EventBridge user guide, "API destinations"; recorded/events/test_api_destinations_and_connection.json.
"""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from esb_schemas.agreements.connection_secrets import secret_version
from tests.cloud.endpoint import Endpoint
from tests.cloud.eventbridge.conftest import Events
from tests.cloud.eventbridge.events.test_put_events import refusal
from tests.cloud.running_cloud import Start

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


def oauth(endpoint: str, **parameters: Any) -> dict[str, Any]:
    client = {"ClientID": "esb", "ClientSecret": "s3cr3t"}
    given = {"AuthorizationEndpoint": endpoint, "HttpMethod": "POST", "ClientParameters": client}
    return {"OAuthParameters": {**given, **parameters}}


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


def test_parameters_of_the_target_may_be_paths_in_the_event(events: Events, server: Endpoint) -> None:
    """EventBridge user guide, "Dynamic path parameters"."""
    bus = events.bus()
    parameters = {
        "PathParameterValues": ["$.detail.id"],
        "HeaderParameters": {"X-Source": "$.source", "X-None": "$.detail.none"},
        "QueryStringParameters": {"n": "$.detail.numbers"},
    }
    arn = destination(events, connect(events), f"{server.url}/*/of/*")
    events.rule(bus, {"Arn": arn, "HttpParameters": parameters})
    events.put(bus, {"id": "a/*", "numbers": [1, 2]})
    (request,) = server.wait_for(1)
    assert request.path == "/a%2F%2A/of/*?n=%5B1%2C2%5D"
    assert (request.headers["x-source"], request.headers["x-none"]) == ("my.app", "")


class Tokens:
    """An authorization server and an API in one: the API takes the last token only."""

    def __init__(self, server: Endpoint) -> None:
        self.given = 0
        self.refuses = False
        server.answer, server.content = self.status, self.content

    def status(self, request: Any) -> int:
        if request.path.startswith("/token"):
            return 400 if self.refuses else 200
        return 200 if request.headers.get("authorization") == f"Bearer token-{self.given}" else 401

    def content(self, request: Any) -> bytes:
        if not request.path.startswith("/token") or self.refuses:
            return b""
        self.given += 1
        return json.dumps({"access_token": f"token-{self.given}", "expires_in": 3600}).encode()


def wait_for_state(events: Events, wanted: str) -> Any:
    return wait_for_state_of(events.client, events.name, wanted)


def wait_for_state_of(client: Any, name: str, wanted: str) -> Any:
    until = time.monotonic() + 60
    while (found := client.describe_connection(Name=name))["ConnectionState"] != wanted:
        assert time.monotonic() < until, found
        time.sleep(0.02)
    return found


def test_a_request_carries_the_token_of_its_oauth_server(events: Events, server: Endpoint) -> None:
    tokens, bus = Tokens(server), events.bus()
    arn = connect(events, "OAUTH_CLIENT_CREDENTIALS", oauth(f"{server.url}/token"))
    wait_for_state(events, "AUTHORIZED")
    (asked,) = server.wait_for(1)
    assert (asked.method, asked.path) == ("POST", "/token")
    assert asked.body == "grant_type=client_credentials&client_id=esb&client_secret=s3cr3t"

    events.rule(bus, {"Arn": destination(events, arn, f"{server.url}/in")})
    events.put(bus)
    assert server.wait_for(2)[1].headers["authorization"] == "Bearer token-1"

    tokens.given = 7  # what was given is not good any more: 401, then another token
    events.put(bus)
    found = server.wait_for(5)[2:]
    assert [(one.path, one.headers.get("authorization")) for one in found] == [
        ("/in", "Bearer token-1"),
        ("/token", None),
        ("/in", "Bearer token-8"),
    ]


def test_a_connection_without_a_token_is_deauthorized_until_there_is_one(events: Events, server: Endpoint) -> None:
    tokens = Tokens(server)
    tokens.refuses = True
    arn = connect(events, "OAUTH_CLIENT_CREDENTIALS", oauth(f"{server.url}/token"))
    found = wait_for_state(events, "DEAUTHORIZED")
    assert found["StateReason"] == "the authorization endpoint answered 400"
    destination(events, arn, server.url)
    assert events.client.describe_api_destination(Name=events.name)["ApiDestinationState"] == "INACTIVE"
    listed = events.client.list_connections(NamePrefix=events.name, ConnectionState="DEAUTHORIZED")["Connections"]
    assert [(one["Name"], one["StateReason"]) for one in listed] == [(events.name, found["StateReason"])]
    tokens.refuses = False
    authorized = wait_for_state(events, "AUTHORIZED")
    assert "StateReason" not in authorized
    assert authorized["LastAuthorizedTime"] >= found["LastAuthorizedTime"]
    assert events.client.describe_api_destination(Name=events.name)["ApiDestinationState"] == "ACTIVE"


@pytest.mark.parametrize(("refuses", "state"), [(False, "AUTHORIZED"), (True, "DEAUTHORIZED")])
def test_a_connection_of_an_older_file_gets_its_state_at_the_start(
    tmp_path: Path, start: Start, server: Endpoint, refuses: bool, state: str
) -> None:
    """A file from before there were states has none with the connection, and asks for no token."""
    tokens, data = Tokens(server), tmp_path / "cloud.sqlite3"
    tokens.refuses = refuses
    cloud = start(data)
    client = cloud.client("events")
    auth = {"AuthorizationType": "OAUTH_CLIENT_CREDENTIALS", "AuthParameters": oauth(f"{server.url}/token")}
    client.create_connection(Name="old", **auth)
    cloud.stop()
    with closing(sqlite3.connect(data)) as db, db:
        db.execute("DELETE FROM deliveries")
        db.execute("UPDATE event_resources SET data = json_remove(data, '$.ConnectionState', '$.StateReason')")
    client = start(data).client("events")
    wait_for_state_of(client, "old", state)


def test_the_answer_to_create_connection_with_oauth(events: Events, server: Endpoint) -> None:
    """recorded: test_create_connection_with_auth[auth_params2]."""
    Tokens(server)
    auth = oauth(f"{server.url}/token", OAuthHttpParameters=MORE)
    created = events.client.create_connection(
        Name=events.name, AuthorizationType="OAUTH_CLIENT_CREDENTIALS", AuthParameters=auth
    )
    assert created["ConnectionState"] == "AUTHORIZING"
    shown = events.client.describe_connection(Name=events.name)["AuthParameters"]["OAuthParameters"]
    assert shown["ClientParameters"] == {"ClientID": "esb"}
    assert shown["OAuthHttpParameters"]["HeaderParameters"] == [{"Key": "X-More", "IsValueSecret": True}]
    wait_for_state(events, "AUTHORIZED")


def test_an_answer_that_repeats_the_key_does_not_reach_the_dead_letters(events: Events, server: Endpoint) -> None:
    server.status = 400
    server.content = lambda request: f"bad key {request.headers['x-key']}".encode()
    bus, letters = events.bus(), events.queue()
    arn = destination(events, connect(events), server.url)
    events.rule(bus, {"Arn": arn, "DeadLetterConfig": {"Arn": letters.arn}})
    events.put(bus)
    (letter,) = events.messages(letters, 20)
    assert letter["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"] == "bad key ***"


def test_without_its_connection_nothing_is_sent(events: Events, server: Endpoint) -> None:
    bus, letters = events.bus(), events.queue()
    arn = destination(events, connect(events), server.url)
    events.rule(bus, {"Arn": arn, "DeadLetterConfig": {"Arn": letters.arn}})
    events.client.delete_connection(Name=events.name)
    events.put(bus)
    (letter,) = events.messages(letters, 20)
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"
    assert server.received == []
    assert events.client.describe_api_destination(Name=events.name)["ApiDestinationState"] == "INACTIVE"


def test_the_arn_of_the_secret_changes_with_the_secret(events: Events) -> None:
    def version() -> str:
        arn: str = events.client.describe_connection(Name=events.name)["SecretArn"]
        return arn.rpartition("-")[2]

    id_ = connect(events).rpartition("/")[2]
    before = version()
    assert before == secret_version(id_, KEY)
    new = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "new"}}
    events.client.update_connection(Name=events.name, AuthParameters=new)
    assert version() == secret_version(id_, new) != before


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


def test_a_destination_is_described_updated_and_listed(events: Events) -> None:
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
        ("OAUTH_CLIENT_CREDENTIALS", {}, "Parameter(s) OAuthParameters with AuthorizationEndpoint and HttpMethod and"),
        ("OAUTH_CLIENT_CREDENTIALS", oauth("ftp://x"), "Parameter AuthorizationEndpoint is not valid."),
        ("OAUTH_CLIENT_CREDENTIALS", oauth("http://x", HttpMethod="PATCH"), "1 validation error detected: Value"),
        (
            "OAUTH_CLIENT_CREDENTIALS",
            oauth("http://x", ClientParameters={"ClientID": "a", "ClientSecret": ""}),
            "Parameter(s) ClientParameters with ClientID and ClientSecret must be specified.",
        ),
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
