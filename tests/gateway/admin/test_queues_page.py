"""`/_esb/queues`: what is asked of the server, and what is said if that does not work."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest

from esb_gateway.admin.events_api import Events
from esb_gateway.admin.in_flight import InFlight
from esb_gateway.admin.queues_client import events_table, outcome, table
from esb_gateway.admin.queues_page import QueuesPage
from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.protocols import AwsCallError
from esb_wire.http.messages import Request
from esb_wire.sigv4 import SignatureError, for_operators


class FakeClient:
    """A server with a dead-letter queue, or one that fails."""

    def __init__(self, error: AwsCallError | None = None) -> None:
        self.error = error
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    async def get(self, path: str, query: str) -> dict[str, Any]:
        if self.error is not None:
            raise self.error
        pages: dict[str, dict[str, Any]] = {
            "/_esb/queues": {"queues": [{"name": "orders"}]},
            "/_esb/in-flight": {"events": [], "more": True},
        }
        return pages[path]

    async def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        self.calls.append((operation, parameters))
        if self.error is not None:
            raise self.error
        match operation:
            case "GetQueueUrl":
                return {"QueueUrl": f"http://cloud:4566/1/{parameters['QueueName']}"}
            case "GetQueueAttributes":
                return {"Attributes": {"QueueArn": f"arn:aws:sqs:r:1:{parameters['QueueUrl'].rpartition('/')[2]}"}}
            case "ListMessageMoveTasks":
                return {"Results": [{"Status": "RUNNING", "ApproximateNumberOfMessagesToMove": 7}]}
            case _:
                return {}


class NoEvents:
    """A file of events that is empty."""

    def query(self, _work: object, done: Callable[[list[Any]], object], _failed: object) -> None:
        done([])


def in_flight() -> InFlight:
    return InFlight(cast("Events", NoEvents()), tuple, (), float)


def ask(client: FakeClient | None, method: str, path: str, query: str = "") -> tuple[int, Any]:
    page = QueuesPage(lambda _: cast("AwsClient | None", client), in_flight(), for_operators(None))
    response = asyncio.run(page.get(Request(method, path, query, (), {}, b"", "192.0.2.1")))
    return response.status, json.loads(response.body)


def test_a_redrive_is_a_move_task() -> None:
    client = FakeClient()
    status, task = ask(client, "POST", "/_esb/queues/dead/redrive", "to=other")
    assert status == 200
    assert task == {"queue": "dead", "to": None, "status": "RUNNING", "moved": 0, "messages": 7, "reason": None}
    started = next(parameters for operation, parameters in client.calls if operation == "StartMessageMoveTask")
    assert started == {"SourceArn": "arn:aws:sqs:r:1:dead", "DestinationArn": "arn:aws:sqs:r:1:other"}


@pytest.mark.parametrize(
    ("client", "status", "text"),
    [
        (FakeClient(AwsCallError("", "cloud does not answer")), 502, "does not answer"),
        (FakeClient(AwsCallError("QueueDoesNotExist", "no such queue", 400)), 400, "no such queue"),
    ],
)
def test_a_server_that_does_not_do_it_is_named(client: FakeClient | None, status: int, text: str) -> None:
    for method, path in (("GET", "/_esb/queues"), ("POST", "/_esb/queues/dead/redrive")):
        found, content = ask(client, method, path)
        assert found == status
        assert text in content["message"]


class OneQueue(FakeClient):
    """A server that has the queue `orders-dead` alone."""

    async def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "ListQueues":
            return {"QueueUrls": ["http://cloud:4566/1/orders-dead"]}
        raise AwsCallError("QueueDoesNotExist", "The specified queue does not exist.", 400)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("orders-ded", "did you mean orders-dead?"),
        ("Else", "esb-gateway queues list shows those that exist."),
    ],
)
def test_a_queue_that_does_not_exist_is_named(name: str, hint: str) -> None:
    status, content = ask(OneQueue(), "POST", f"/_esb/queues/{name}/redrive")
    assert (status, content["message"]) == (400, f"QueueDoesNotExist: there is no queue {name}; {hint}")


def test_queues_come_with_the_events_in_flight() -> None:
    assert ask(FakeClient(), "GET", "/_esb/queues") == (
        200,
        {"queues": [{"name": "orders"}], "events": [], "more": True},
    )


def test_without_a_server_of_queues_there_are_events_alone() -> None:
    assert ask(None, "GET", "/_esb/queues") == (200, {"queues": [], "events": [], "more": False})
    status, content = ask(None, "POST", "/_esb/queues/dead/redrive")
    assert (status, "no server of queues" in content["message"]) == (404, True)


def test_other_requests_are_none_of_its_own() -> None:
    assert ask(FakeClient(), "DELETE", "/_esb/queues/dead")[0] == 404


def test_a_signature_is_required() -> None:
    def refuse(_: Request) -> None:
        raise SignatureError("MissingAuthenticationTokenException", "Missing Authentication Token")

    page = QueuesPage(lambda _: cast("AwsClient", FakeClient()), in_flight(), refuse)
    response = asyncio.run(page.get(Request("GET", "/_esb/queues", "", (), {}, b"", "192.0.2.1")))
    assert response.status == 403


def test_queues_are_shown_as_a_table() -> None:
    assert table([]) == "no queues"
    event = {
        "target": "function:Ship",
        "source": "queue:orders",
        "state": "received",
        "age": 12.4,
        "attempt": 2,
        "due": 17.8,
        "chain": ["bucket:uploads", "function:Import", "queue:orders"],
    }
    assert events_table([event, {**event, "target": None, "due": 0.0}], more=True).splitlines() == [
        "EVENTS FOR  FROM          STATE                   AGE  ATTEMPT  CHAIN",
        "Ship        queue:orders  received, again in 18s  12s  2        "
        "bucket:uploads > function:Import > queue:orders > function:Ship",
        "-           queue:orders  received                12s  2        "
        "bucket:uploads > function:Import > queue:orders",
        "there are more; of messages, of deliveries and of invocations, the oldest 100 are listed",
    ]
    task = {"queue": "dead", "to": "other", "status": "FAILED", "moved": 1, "messages": 2, "reason": "no such queue"}
    assert outcome(task) == "dead: 1 of 2 messages moved to other, FAILED (no such queue)"
