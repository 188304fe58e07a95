"""The demo: builds examples/orders, or another example that is named, runs it without Docker, and calls it.

With `--serve` it keeps running.

It uses a temporary folder and the loopback interface only, and leaves nothing behind.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import boto3
import yaml
from botocore.config import Config

EXAMPLES = Path(__file__).resolve().parent
TIMEOUT = 60  # seconds


@dataclass(frozen=True)
class Stack:
    """The running application: the URLs that the gateway printed, and the stack's credentials."""

    api: str
    dynamodb: str
    s3: str
    cloud: str
    credentials: Mapping[str, str]

    def client(self, service: str, url: str) -> Any:
        keys = {name.lower(): value for name, value in self.credentials.items()}
        config = Config(proxies={}, retries={"total_max_attempts": 1})
        return boto3.client(service, "us-east-1", endpoint_url=url, config=config, **keys)


def main(example: str, *, serve: bool) -> None:
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="esb-demo-") as folder:
        project = Path(folder)
        heading("1. Build a stack from a SAM template")
        run(project, "esb", "build", "-t", str(EXAMPLES / example / "template.yaml"))

        heading("2. Start it on this machine: a database and a storage, the tables and the bucket, and the gateway")
        with running(project) as stack:
            if serve:
                show_requests(project, stack)
                return
            if example == "fulfilment":
                fulfilment(stack)
                return
            heading("3. Run the provisioner again: there is nothing to do")
            endpoints = {"DYNAMODB_ENDPOINT": stack.dynamodb, "S3_ENDPOINT": stack.s3}
            run(project, "esb-provision", ".esb/config/resources.yml", **endpoints, **stack.credentials)

            heading("4. HTTP requests, as a browser sends them")
            order_with_receipt(stack)
            heading("5. Invocations, as boto3 sends them")
            report_later(stack)
            two_at_once(stack)
            too_slow(stack)
    print(f"\nDone in {time.monotonic() - start:.1f} s. To try it yourself: python3 noxfile.py -s demo -- --serve")


def fulfilment(stack: Stack) -> None:
    """From a bucket over a queue, a table, a bus and a topic to a queue; and what cannot be shipped, to its own."""
    queues = stack.client("sqs", stack.cloud)
    heading("3. A file in a bucket: two orders, and one that cannot be shipped")
    orders = [
        {"id": "tea", "items": ["tea"]},
        {"id": "cups", "items": ["cups"], "gift": True},
        {"id": "no", "items": []},
    ]
    upload = {"Bucket": "fulfilment-uploads", "Key": "today.json", "Body": json.dumps(orders)}
    _, took = timed(lambda: stack.client("s3", stack.s3).put_object(**upload))
    show("put today.json into the bucket", 200, took, "3 orders")

    heading("4. What each part makes of it")
    arrived: list[str] = []
    _, took = timed(lambda: wait_for(lambda: len(receive(queues, "ShippedQueue", arrived)) == 2))
    show("queue -> table -> stream -> bus -> topic", "", took, f"the last queue has {' and '.join(sorted(arrived))}")
    told, took = timed(lambda: wait_for(lambda: shipment(stack, "tea").get("told")))
    show("the topic had a customer told", "", took, f"tea: {told}, cups: {shipment(stack, 'cups').get('told', False)}")
    counted, took = timed(lambda: wait_for(lambda: shipment(stack, "tea").get("counted")))
    show("a rule of the bus counted the tea", "", took, f"tea: {counted}")

    heading("5. The order that cannot be shipped is received twice, and kept")
    url = queues.get_queue_url(QueueName="fulfilment-FailedOrdersQueue")["QueueUrl"]
    found, took = timed(lambda: wait_for(lambda: queues.receive_message(QueueUrl=url).get("Messages")))
    show("the dead-letter queue has it", "", took, found[0]["Body"])
    print("\nTo move it back: esb-gateway queues redrive fulfilment-FailedOrdersQueue", flush=True)


def receive(queues: Any, name: str, arrived: list[str]) -> list[str]:
    """The ids of the shipments that the queue has had until now."""
    url = queues.get_queue_url(QueueName=f"fulfilment-{name}")["QueueUrl"]
    for message in queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ()):
        arrived.append(json.loads(json.loads(message["Body"])["Message"])["detail"]["id"])
        queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return arrived


def shipment(stack: Stack, id_: str) -> dict[str, Any]:
    with build_opener(ProxyHandler({})).open(f"{stack.api}/shipments/{id_}", timeout=TIMEOUT) as response:
        found: dict[str, Any] = json.load(response)
        return found


def order_with_receipt(stack: Stack) -> None:
    order = request(stack, "POST", "/orders", b'{"customer": "ada", "items": ["tea", "cups"]}')
    request(stack, "GET", f"/orders/{order['id']}")
    listed = request(stack, "GET", "/orders?customer=ada")
    assert order in listed["orders"]
    stored = request(stack, "PUT", f"/orders/{order['id']}/receipt", b"2 x tea, 6 x cups")
    storage = stack.client("s3", stack.s3)
    found, took = timed(lambda: storage.get_object(Bucket="orders-receiptsbucket", Key=stored["key"]))
    show(f"the bucket has {stored['key'][:17]}…", f"{found['ContentLength']} B", took, found["Body"].read().decode())


def report_later(stack: Stack) -> None:
    """An Event invocation is accepted at once, and runs afterwards."""
    functions, database = stack.client("lambda", stack.api), stack.client("dynamodb", stack.dynamodb)
    event = {"FunctionName": "ReportFunction", "InvocationType": "Event", "Payload": '{"day": "today"}'}
    accepted, took = timed(lambda: functions.invoke(**event))
    show("invoke ReportFunction as an event", accepted["StatusCode"], took, "accepted")
    key = {"TableName": "ReportsTable", "Key": {"day": {"S": "today"}}}
    item, took = timed(lambda: wait_for(lambda: database.get_item(**key).get("Item")))
    show("the table has its report", "", took, f"{item['orders']['N']} order today")


def two_at_once(stack: Stack) -> None:
    """ReservedConcurrentExecutions is 1."""
    functions = stack.client("lambda", stack.api)

    def invoke(_: int) -> tuple[str, float]:
        def call() -> str:
            try:
                return str(functions.invoke(FunctionName="ReportFunction", Payload='{"pause": 1}')["StatusCode"])
            except functions.exceptions.TooManyRequestsException as error:
                return f"{error.response['ResponseMetadata']['HTTPStatusCode']} {error.response['Error']['Code']}"

        return timed(call)

    with ThreadPoolExecutor(2) as threads:
        for result, took in sorted(threads.map(invoke, range(2))):
            status, _, what = result.partition(" ")
            show("invoke it twice at once", status, took, what or "ran")


def too_slow(stack: Stack) -> None:
    """Its Timeout is 2."""
    functions = stack.client("lambda", stack.api)
    response, took = timed(lambda: functions.invoke(FunctionName="ReportFunction", Payload='{"pause": 5}'))
    error = json.load(response["Payload"])
    show("invoke it for longer than its timeout", response["StatusCode"], took, error["errorType"])


def show_requests(project: Path, stack: Stack) -> None:
    """Print curl commands for the routes, and wait for Ctrl-C."""
    heading("3. It runs until Ctrl-C")
    bodies = {"POST": """ -d '{"customer": "ada", "items": ["tea"]}'""", "PUT": " -d 'a receipt'"}
    for route in yaml.safe_load((project / ".esb/config/routing.yml").read_text())["routes"]:
        method, path = route["method"], route["path"].replace("{id}", "ID")
        query = "?customer=ada" if (method, path) == ("GET", "/orders") else ""
        print(f"  curl -X {method} '{stack.api}{path}{query}'{bodies.get(method, '')}")
    print(f"  dynamodb  {stack.dynamodb}\n  s3        {stack.s3}\n  log       {project / 'log'}", flush=True)
    with suppress(KeyboardInterrupt):
        signal.pause()


@contextmanager
def running(project: Path) -> Iterator[Stack]:
    """Run `esb-gateway local` during the block."""
    command = ["esb-gateway", "local", "--port", "0"]
    print(f"  $ {shlex.join(command)}", flush=True)
    log = project / "log"
    with log.open("w") as file:
        # In a new session: Ctrl-C reaches only this program, which then stops the gateway.
        gateway = subprocess.Popen(command, cwd=project, stdout=file, stderr=file, start_new_session=True)
    try:
        wait_for(lambda: "\ns3: " in log.read_text() or gateway.poll() is not None)
        text = log.read_text().partition("\nregion ")[0]  # what follows are curl lines without a body
        lines = [line for line in text.splitlines() if not line.startswith("{")]
        print("".join(f"  {line}\n" for line in lines), end="", flush=True)
        if gateway.poll() is not None:
            sys.exit(f"\n{command[0]} ended with exit code {gateway.returncode}.")
        urls = dict(line.split(": ", 1) for line in lines if re.match(r"\w+: http", line))
        keys = credentials(project / ".esb/secrets.env")
        yield Stack(urls["ready"], urls["dynamodb"], urls["s3"], urls.get("cloud", ""), keys)
    finally:
        gateway.terminate()
        gateway.wait()


def credentials(path: Path) -> dict[str, str]:
    """The stack's credentials, which the first build generated."""
    pairs = (line.partition("=") for line in path.read_text().splitlines())
    return {name: value for name, _, value in pairs if name.startswith("AWS_")}


def request(stack: Stack, method: str, path: str, body: bytes | None = None) -> Any:
    """Send a request and print it; returns the response's JSON."""

    def send() -> tuple[int, bytes]:
        message = Request(stack.api + path, body, {"Content-Type": "application/json"}, method=method)
        try:
            with build_opener(ProxyHandler({})).open(message, timeout=TIMEOUT) as response:
                return response.status, response.read()
        except HTTPError as error:
            return error.code, error.read()

    (status, content), took = timed(send)
    show(f"{method:4} {path}", status, took, content.decode())
    if status >= 400:
        sys.exit("\nThe request failed.")
    return json.loads(content)


def wait_for(condition: Callable[[], Any]) -> Any:
    """The first true result of `condition`."""
    deadline = time.monotonic() + TIMEOUT
    while not (found := condition()):
        if time.monotonic() > deadline:
            sys.exit(f"\nTimeout after {TIMEOUT} s.")
        time.sleep(0.01)
    return found


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """The result of the call, and its seconds."""
    start = time.monotonic()
    return call(), time.monotonic() - start


def show(what: str, status: object, seconds: float, result: str) -> None:
    print(f"  {shorten(what, 40):40} {status!s:>4} {seconds * 1000:6.0f} ms  {shorten(result, 60)}", flush=True)


def shorten(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def heading(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def run(folder: Path, *command: str, **environment: str) -> None:
    """Run a command of ESB and print it with its output; exit if it fails."""
    shown = shlex.join(command).replace(str(EXAMPLES.parent) + os.sep, "")
    print(f"  $ {shown}", flush=True)
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    print("".join(f"  {line}\n" for line in done.stdout.splitlines()), end="", flush=True)
    if done.returncode:
        sys.exit(f"\n{command[0]} ended with exit code {done.returncode}.")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C, so that the gateway is stopped
    try:
        named = [argument for argument in sys.argv[1:] if argument != "--serve"]
        if named not in ([], ["orders"], ["fulfilment"]):
            sys.exit("Usage: demo.py [orders | fulfilment] [--serve]")
        main(named[0] if named else "orders", serve="--serve" in sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
