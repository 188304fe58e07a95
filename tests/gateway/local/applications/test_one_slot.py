"""A function with one slot and a queue: what the queue leaves free while it is idle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gateway.local.local_gateway import LocalGateway, write_folder
from tests.watching import until

pytestmark = pytest.mark.server

FUNCTIONS = """
functions:
  echo:
    handler: app.handler
    runtime: python3.11
    code: functions/echo
    scaling: {max_capacity: 1, idle_timeout: 0.2}
    events: [{type: sqs, name: Work, queue: "arn:aws:sqs:us-east-1:123456789012:work"}]
"""


@pytest.fixture
def gateway(tmp_path: Path, start: Callable[..., LocalGateway]) -> LocalGateway:
    root = tmp_path / ".esb"
    documents = {
        "functions.yml": FUNCTIONS,
        "routing.yml": "routes: [{path: /echo, method: POST, function: echo}]\n",
        "resources.yml": "SQS: [{QueueName: work}]\n",
    }
    write_folder(root, documents, "echo")
    running = start(root).ready()
    until(lambda: "cloud" in running.addresses)
    return running


def slots(gateway: LocalGateway) -> int:
    """The processes of the function. One that ends meanwhile is none."""
    count = 0
    for pid in gateway.processes():
        try:
            count += "start_function.py" in Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
        except OSError:
            continue
    return count


def process(gateway: LocalGateway, number: int) -> None:
    """Send a message, and wait until the function has processed so many in all."""
    client = gateway.client("sqs")
    url = client.get_queue_url(QueueName="work")["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody="{}")
    client.close()
    until(lambda: sum("echo/Work: batch of 1 from work: done" in line for line in list(gateway.lines)) == number)


def test_it_answers_its_route_and_scales_to_zero_while_its_queue_is_idle(gateway: LocalGateway) -> None:
    """An idle mapping holds no slot; that of the route is gone when it has been idle, and comes back for a message."""
    for number in (1, 2):
        status, answer = gateway.call("POST", "/echo", {"number": number}, {"Content-Type": "application/json"})
        assert (status, answer["rawPath"]) == (200, "/echo")
        process(gateway, number)
        until(lambda: slots(gateway) == 0)
