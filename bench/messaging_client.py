"""A client of queues and topics, for any server: `messaging_client.py URL ACTION [ARGUMENT ...]` prints JSON.

As a program of its own, because a server may be in a network namespace. What is measured goes over plain connections;
boto3 prepares it. Actions:

    queue NAME                  create a queue; {"url", "arn"}
    topic NAME SUBSCRIBERS      a topic with this number of queues; {"arn"}
    rules NAME COUNT            rules on a bus, each with a queue as its target; {"bus"}
    fill QUEUE MESSAGES         send messages in batches of 10, in 4 threads; {"seconds"}
    drain QUEUE SECONDS         receive and delete batches of 10 in 4 threads; {"rate"} in messages a second
    one QUEUE TIMES             send, receive and delete a message this number of times; {"send", "receive"}: p50 in µs
    map QUEUE FILE HANDLER      a function with this code whose FILE is in its environment, and its mapping
    latency QUEUE FILE TIMES    send messages, each when the function has written the one before; {"p50"} in ms
    through QUEUE FILE COUNT    send messages in batches, and wait for all of them; {"seconds"}
"""

from __future__ import annotations

import http.client
import io
import json
import sys
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import boto3

URL = sys.argv[1] if len(sys.argv) > 1 else ""
KEYS = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench"}
DEADLINE = 120.0  # seconds
THREADS = 4


def client(service: str) -> Any:
    return boto3.client(service, "us-east-1", endpoint_url=URL, **KEYS)


class Connection:
    """A kept connection, and calls of SQS in its JSON protocol."""

    def __init__(self, queue: str) -> None:
        self.queue = client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
        self._connection = http.client.HTTPConnection(urlsplit(URL).netloc, timeout=60)

    def call(self, operation: str, **parameters: Any) -> Any:
        headers = {"X-Amz-Target": f"AmazonSQS.{operation}", "Content-Type": "application/x-amz-json-1.0"}
        # MiniStack reads the service from the signature's scope, which it does not check.
        headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/sqs/aws4_request"
        self._connection.request("POST", "/", json.dumps({"QueueUrl": self.queue, **parameters}), headers)
        response = self._connection.getresponse()
        content = response.read()
        if response.status != 200:
            sys.exit(f"{operation}: {response.status} {content[:200]!r}")
        return json.loads(content or b"{}")

    def receive_and_delete(self) -> int:
        """The number of messages received, at most 10."""
        found = self.call("ReceiveMessage", MaxNumberOfMessages=10).get("Messages", [])
        entries = [{"Id": str(at), "ReceiptHandle": each["ReceiptHandle"]} for at, each in enumerate(found)]
        if entries:
            self.call("DeleteMessageBatch", Entries=entries)
        return len(entries)


def queue(name: str) -> dict[str, Any]:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "300"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return {"url": url, "arn": arn}


def topic(name: str, subscribers: str) -> dict[str, Any]:
    sns = client("sns")
    arn = sns.create_topic(Name=name)["TopicArn"]
    for number in range(int(subscribers)):
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue(f"{name}-{number}")["arn"])
    return {"arn": arn}


def rules(name: str, count: str) -> dict[str, Any]:
    """A third of the rules each: values, a wildcard with anything-but, and exists with a prefix. One matches."""
    events, target = client("events"), queue(name)["arn"]
    events.create_event_bus(Name=name)
    for number in range(int(count)):
        details: list[dict[str, list[Any]]] = [
            {"kind": [f"kind-{number}", f"other-{number}"]},
            {"path": [{"wildcard": f"in/*/{number}.json"}], "kind": [{"anything-but": ["none"]}]},
            {"missing": [{"exists": False}], "kind": [{"prefix": f"k{number}-"}]},
        ]
        pattern = json.dumps({"source": ["bench"], "detail": details[number % 3]})
        events.put_rule(Name=f"rule-{number}", EventBusName=name, EventPattern=pattern)
        events.put_targets(Rule=f"rule-{number}", EventBusName=name, Targets=[{"Id": "1", "Arn": target}])
    return {"bus": name}


def fill(name: str, messages: str) -> dict[str, Any]:
    connections = [Connection(name) for _ in range(THREADS)]
    entries = [{"Id": str(at), "MessageBody": "x" * 100} for at in range(10)]

    def send(connection: Connection) -> None:
        for _ in range(int(messages) // 10 // THREADS):
            connection.call("SendMessageBatch", Entries=entries)

    start = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(send, connections))
    return {"seconds": time.perf_counter() - start}


def drain(name: str, seconds: str) -> dict[str, Any]:
    connections = [Connection(name) for _ in range(THREADS)]

    def receive(connection: Connection) -> int:
        count = 0
        while time.perf_counter() < end and (found := connection.receive_and_delete()):
            count += found
        return count

    start = time.perf_counter()
    end = start + float(seconds)
    with ThreadPoolExecutor(THREADS) as pool:
        count = sum(pool.map(receive, connections))
    return {"rate": count / (time.perf_counter() - start)}


def one(name: str, times: str) -> dict[str, Any]:
    connection = Connection(name)
    calls: dict[str, Callable[[], object]] = {
        "send": lambda: connection.call("SendMessage", MessageBody="x" * 100),
        "receive": connection.receive_and_delete,
    }
    taken: dict[str, list[float]] = {each: [] for each in calls}
    for _ in range(int(times)):
        for each, call in calls.items():
            start = time.perf_counter()
            call()
            taken[each].append((time.perf_counter() - start) * 1e6)
    return {each: median(found) for each, found in taken.items()}


def map_(name: str, file: str, handler: str) -> dict[str, Any]:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", handler)
    functions = client("lambda")
    functions.create_function(
        FunctionName=name,
        Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
        Role="arn:aws:iam::000000000000:role/bench",
        Handler="app.handler",
        Code={"ZipFile": code.getvalue()},
        Timeout=30,
        Environment={"Variables": {"FILE": file}},
    )
    functions.create_event_source_mapping(FunctionName=name, EventSourceArn=queue(name)["arn"], BatchSize=10)
    return {}


def latency(name: str, file: str, times: str) -> dict[str, Any]:
    """From the send to the first line of the handler. The first messages start the function."""
    connection, path = Connection(name), Path(file)
    for number in range(int(times) + 3):
        before = _lines(path)
        connection.call("SendMessage", MessageBody=json.dumps({"number": number, "at": time.time()}))
        _wait(lambda before=before: _lines(path) > before)  # type: ignore[misc]
    found = [float(line) for line in path.read_text().splitlines()][-int(times) :]
    return {"p50": median(found) * 1000}


def through(name: str, file: str, count: str) -> dict[str, Any]:
    connection, path = Connection(name), Path(file)
    before, start = _lines(path), time.perf_counter()
    for _ in range(int(count) // 10):
        body = json.dumps({"at": time.time()})
        connection.call("SendMessageBatch", Entries=[{"Id": str(at), "MessageBody": body} for at in range(10)])
    _wait(lambda: _lines(path) >= before + int(count))
    return {"seconds": time.perf_counter() - start}


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"nothing within {DEADLINE:g} s")
        time.sleep(0.001)


ACTIONS: dict[str, Callable[..., dict[str, Any]]] = {
    "queue": queue,
    "topic": topic,
    "rules": rules,
    "fill": fill,
    "drain": drain,
    "one": one,
    "map": map_,
    "latency": latency,
    "through": through,
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(ACTIONS[sys.argv[2]](*sys.argv[3:])))
