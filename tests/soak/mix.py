"""The requests of the soak test, and their expected responses."""

from __future__ import annotations

import http.client
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import urlencode

BIG: Final = "x" * 1_000_000


@dataclass(frozen=True)
class SoakRequest:
    """A request with the expected status and, if it is known, the expected body."""

    method: str
    path: str
    status: int
    content: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    notes: tuple[str, ...] = ()  # of an event or a message: the lines that functions write when it is processed
    server: str = "gateway"


Maker: TypeAlias = Callable[[str], SoakRequest]  # its argument is a unique text


def _echo(path: str, text: str) -> SoakRequest:
    return SoakRequest("POST", path, 200, text, (("Content-Type", "text/plain"),), body=text)


def _invoke(function: str, payload: object, status: int = 200, kind: str = "RequestResponse") -> SoakRequest:
    path = f"/2015-03-31/functions/{function}/invocations"
    notes = (payload["note"],) if kind == "Event" and isinstance(payload, dict) else ()
    return SoakRequest("POST", path, status, json.dumps(payload), (("X-Amz-Invocation-Type", kind),), notes=notes)


def to_queue(text: str) -> SoakRequest:
    """A message for a function that tells the bus, whose rule invokes another function."""
    body = {"QueueUrl": "http://cloud/123456789012/standard", "MessageBody": text}
    return _json("AmazonSQS.SendMessage", body, (text, f"chained {text}"))


def to_fifo_queue(text: str, group: str = "") -> SoakRequest:
    """A message of a group; sent twice, it is there once. Without a group, one of three."""
    body = {
        "QueueUrl": "http://cloud/123456789012/ordered.fifo",
        "MessageBody": text,
        "MessageGroupId": group or f"group-{len(text) % 3}",
        "MessageDeduplicationId": text,
    }
    return _json("AmazonSQS.SendMessage", body, (text,))


def to_topic(text: str) -> SoakRequest:
    """A message for a function."""
    topic = "arn:aws:sns:us-east-1:123456789012:topic"
    form = urlencode({"Action": "Publish", "Version": "2010-03-31", "TopicArn": topic, "Message": text})
    headers = (("Content-Type", "application/x-www-form-urlencoded"),)
    return SoakRequest("POST", "/", 200, form, headers, notes=(text,), server="cloud")


def to_bus(text: str) -> SoakRequest:
    """An event whose rule invokes a function."""
    entry = {"Source": "soak", "DetailType": "sent", "Detail": json.dumps({"note": text})}
    return _json("AWSEvents.PutEvents", {"Entries": [entry]}, (f"chained {text}",))


def to_bucket(text: str) -> SoakRequest:
    """An object whose function puts an item into a table, the stream of which invokes another function."""
    notes = (f"uploaded {text}", f"changed {text}")
    return SoakRequest("PUT", f"/uploads/{text}", 200, text, notes=notes, server="storage")


def _json(operation: str, body: Mapping[str, object], notes: tuple[str, ...]) -> SoakRequest:
    kind = "application/x-amz-json-1.0" if operation.startswith("AmazonSQS") else "application/x-amz-json-1.1"
    headers = (("X-Amz-Target", operation), ("Content-Type", kind))
    return SoakRequest("POST", "/", 200, json.dumps(body), headers, notes=notes, server="cloud")


# The number of each among 100 requests.
MIX: Final[dict[str, tuple[int, Maker]]] = {
    "route": (24, lambda text: _echo("/echo", text)),
    "function url": (8, lambda text: _echo("/_url/Echo/a", text)),
    "invocation": (16, lambda text: _invoke("Echo", text)),
    "big": (3, lambda text: _echo("/echo", text + BIG)),
    "error": (4, lambda _: SoakRequest("GET", "/fail", 500)),
    "function error": (4, lambda text: _invoke("Fail", text)),
    "timeout": (1, lambda _: SoakRequest("GET", "/slow", 500)),
    "crash": (3, lambda _: SoakRequest("GET", "/crash", 500)),
    "event": (8, lambda text: _invoke("Note", {"note": text}, 202, "Event")),
    "failing event": (5, lambda text: _invoke("FailingEvent", {"note": text}, 202, "Event")),
    "no route": (5, lambda _: SoakRequest("GET", "/nowhere", 404)),
    "no function": (3, lambda text: _invoke("Nobody", text, 404)),
    "queue": (5, to_queue),
    "fifo queue": (3, to_fifo_queue),
    "topic": (3, to_topic),
    "bus": (3, to_bus),
    "metrics": (2, lambda _: SoakRequest("GET", "/_esb/metrics", 200)),
}

TIMED: Final = frozenset({"route", "function url", "invocation"})  # whose response times are compared


def order(seed: int) -> list[str]:
    """The names of 100 requests, shuffled."""
    names = [name for name, (count, _) in MIX.items() for _ in range(count)]
    random.Random(seed).shuffle(names)
    return names


def send(connection: http.client.HTTPConnection, request: SoakRequest) -> str | None:
    """Send a request; returns a sentence if the response is wrong."""
    connection.request(request.method, request.path, request.content, dict(request.headers))
    response = connection.getresponse()
    body = response.read().decode()
    if response.status != request.status:
        return f"{request.method} {request.path}: {response.status} {body[:200]!r} instead of {request.status}"
    if request.body is not None and body != request.body:
        return f"{request.method} {request.path}: unexpected body {body[:100]!r}"
    return None
