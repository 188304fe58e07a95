"""What reaches the stack by the ports of this machine: its owner, and no page in a browser of the machine."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Stack, docker

INVOKE = "/2015-03-31/functions/probe/invocations"
LIST_TABLES = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"}
REQUESTS: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "invoke a function": ("GATEWAY", "POST", INVOKE, {}),
    "list tables": ("DATABASE", "POST", "/", LIST_TABLES),
    "anything of the database": ("DATABASE", "GET", "/", {}),
    "list buckets": ("S3", "GET", "/", {}),
    "write an object": ("S3", "PUT", "/files/written", {}),
    "read logs": ("LOGS", "GET", "/select/logsql/query?query=*&limit=1", {}),
    "write logs": ("LOGS", "POST", "/insert/jsonline", {}),
    "settings of the log server": ("LOGS", "GET", "/flags", {}),
}
LIST_QUEUES = {"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"}
# Of a stack with queues: tests/e2e/test_queues.py sends them.
REQUESTS_OF_QUEUES: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "list queues": ("CLOUD", "POST", "/", LIST_QUEUES),
    "send to a queue": ("CLOUD", "POST", "/?Action=SendMessage&QueueUrl=OrdersQueue&MessageBody=x", {}),
}
PAGES: dict[str, dict[str, str]] = {
    "a program": {},
    "a website": {"Origin": "https://elsewhere.example"},
    "a file": {"Origin": "null"},
    "a name that leads here": {"Host": "rebound.example", "Origin": "http://rebound.example"},
}


def ask(stack: Stack, request: str, headers: dict[str, str]) -> http.client.HTTPResponse:
    port, method, path, own = (REQUESTS | REQUESTS_OF_QUEUES)[request]
    connection = http.client.HTTPConnection("127.0.0.1", stack.ports[port], timeout=30)
    try:
        connection.request(method, path, b"{}" if method != "GET" else None, {**own, **headers})
        response = connection.getresponse()
        response.read()
        return response
    finally:
        connection.close()


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("page", PAGES)
def test_a_request_without_a_signature_is_refused(probe: Stack, page: str, request_: str) -> None:
    response = ask(probe, request_, PAGES[page])

    assert response.status in (401, 403)
    # SeaweedFS lets every website read that it lists no buckets.
    assert request_ == "list buckets" or response.getheader("Access-Control-Allow-Origin") is None


@pytest.mark.parametrize("request_", ["list tables", "invoke a function"])
def test_a_website_may_not_ask_what_it_may_send(probe: Stack, request_: str) -> None:
    port, method, path, _ = REQUESTS[request_]
    connection = http.client.HTTPConnection("127.0.0.1", probe.ports[port], timeout=30)
    asks = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": method}
    try:
        connection.request("OPTIONS", path, headers=asks)
        assert connection.getresponse().getheader("Access-Control-Allow-Origin") is None
    finally:
        connection.close()


CALLS: dict[str, Any] = {
    "dynamodb": lambda client: client.list_tables(),
    "s3": lambda client: client.list_buckets(),
    "lambda": lambda client: client.invoke(FunctionName="probe"),
}


@pytest.mark.parametrize("service", CALLS)
def test_another_secret_is_refused(probe: Stack, service: str) -> None:
    with pytest.raises(ClientError) as refused:
        CALLS[service](probe.client(service, secret="wrong"))

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_no_server_that_checks_nothing_is_published(probe: Stack) -> None:
    published = json.loads(
        docker("inspect", "--format", "{{json .NetworkSettings.Ports}}", probe.containers()["database"])
    )

    assert not any(published.values())


def test_the_owner_uses_the_database_by_its_port(probe: Stack) -> None:
    database = probe.client("dynamodb")
    database.put_item(TableName="runs", Item={"id": {"S": "by-port"}, "x": {"S": "é" * 100_000}})

    found = database.get_item(TableName="runs", Key={"id": {"S": "by-port"}}, ConsistentRead=True)["Item"]
    assert found["x"]["S"] == "é" * 100_000
