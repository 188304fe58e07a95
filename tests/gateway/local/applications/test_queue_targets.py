"""Destinations and dead letters of asynchronous invocations go to queues, in embedded mode."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from esb_wire.trace_hops import hops
from tests.gateway.local.local_gateway import LocalGateway, write_folder
from tests.watching import until

pytestmark = pytest.mark.server

QUEUE = "arn:aws:sqs:us-east-1:123456789012:"
FUNCTIONS = f"""
functions:
  echo:
    handler: app.handler
    runtime: python3.11
    code: functions/echo
    event_invoke:
      on_success: {{arn: "{QUEUE}succeeded"}}
  loop:
    handler: app.handler
    runtime: python3.11
    code: functions/loop
    timeout: 30
    events:
    - {{type: sqs, name: Loop, queue: "{QUEUE}loop"}}
  missing:
    handler: nothing.handler
    runtime: python3.11
    code: functions/echo
    event_invoke:
      maximum_retry_attempts: 0
      on_failure: {{arn: "{QUEUE}failed"}}
      dead_letter: {{arn: "{QUEUE}dead"}}
"""
RESOURCES = f"""
SQS:
  - {{QueueName: succeeded}}
  - {{QueueName: failed}}
  - {{QueueName: dead}}
  - QueueName: loop
    Attributes: {{RedrivePolicy: '{{"deadLetterTargetArn": "{QUEUE}dead", "maxReceiveCount": 2}}'}}
  - QueueName: work
    Attributes: {{RedrivePolicy: '{{"deadLetterTargetArn": "{QUEUE}dead", "maxReceiveCount": 1}}'}}
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, start_shared: Callable[..., LocalGateway]) -> LocalGateway:
    root = tmp_path_factory.mktemp("stack") / ".esb"
    write_folder(root, {"functions.yml": FUNCTIONS, "resources.yml": RESOURCES}, "echo", "loop")
    running = start_shared(root).ready()
    until(lambda: "cloud" in running.addresses)
    return running


def message_in(gateway: LocalGateway, name: str) -> Any:
    """Take a message out of a queue, which is empty again."""
    client = gateway.client("sqs")
    url = client.get_queue_url(QueueName=name)["QueueUrl"]
    (message,) = client.receive_message(
        QueueUrl=url, WaitTimeSeconds=20, AttributeNames=["All"], MessageAttributeNames=["All"]
    )["Messages"]
    client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    client.close()
    return message


def run(gateway: LocalGateway, function: str, event: Any) -> str:
    client = gateway.client("lambda")
    answer = client.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))
    client.close()
    return str(answer["ResponseMetadata"]["RequestId"])


def test_a_queue_gets_the_record_of_a_success(gateway: LocalGateway) -> None:
    request_id = run(gateway, "echo", {"a": 1})
    message = message_in(gateway, "succeeded")
    record = json.loads(message["Body"])
    assert record["requestContext"]["requestId"] == request_id
    assert (record["requestPayload"], record["responsePayload"]) == ({"a": 1}, {"a": 1})
    assert message["Attributes"]["AWSTraceHeader"].startswith("Root=1-")


def test_a_failure_is_recorded_and_the_event_itself_is_a_dead_letter(gateway: LocalGateway) -> None:
    request_id = run(gateway, "missing", {"a": 1})
    record = json.loads(message_in(gateway, "failed")["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    letter = message_in(gateway, "dead")
    assert json.loads(letter["Body"]) == {"a": 1}
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert attributes["RequestID"] == request_id
    assert attributes["ErrorCode"] == "200"
    assert "nothing" in attributes["ErrorMessage"]


def queues(gateway: LocalGateway, *arguments: str) -> subprocess.CompletedProcess[str]:
    where = ("--root", str(gateway.root), "--url", gateway.addresses["ready"])
    command = [sys.executable, "-m", "esb_gateway", "queues", *arguments, *where]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_shows_queues_and_moves_dead_letters_back(gateway: LocalGateway) -> None:
    client = gateway.client("sqs")
    url = client.get_queue_url(QueueName="work")["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody="poison")
    for _ in range(2):
        client.receive_message(QueueUrl=url, VisibilityTimeout=0)
    client.close()
    listed = queues(gateway, "list").stdout.splitlines()
    assert listed[0].split()[:3] == ["QUEUE", "VISIBLE", "IN"]
    rows = {line.split()[0]: line.split() for line in listed[1:]}
    assert rows["dead"][1:4] == ["1", "0", "0"]
    assert rows["dead"][-1] == "work"
    assert rows["work"][5:8] == ["dead", "after", "1"]
    moved = queues(gateway, "redrive", "dead")
    assert (moved.returncode, moved.stdout) == (0, "dead: 1 of 1 messages moved, COMPLETED\n")
    found = json.loads(queues(gateway, "list", "--json").stdout)["queues"]
    assert {queue["name"]: queue["visible"] for queue in found} == dict.fromkeys(
        ("dead", "failed", "loop", "succeeded"), 0
    ) | {"work": 1}
    refused = queues(gateway, "redrive", "work")
    assert refused.returncode == 1
    assert "must be configured as a Dead Letter Queue" in refused.stderr
    status, _ = gateway.call("GET", "/_esb/queues")
    assert status == 403


def test_a_function_that_feeds_its_own_queue_is_stopped(gateway: LocalGateway) -> None:
    """Lambda developer guide, "Use Lambda recursive loop detection to prevent infinite loops"."""
    sqs = gateway.client("sqs")
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="loop")["QueueUrl"], MessageBody="1")
    until(lambda: any("their chain has invoked loop 16 times" in line for line in list(gateway.lines)), 60)
    found = message_in(gateway, "dead")
    assert found["Body"] == "17", "16 invocations have sent 2 to 17"
    chain = hops(found["Attributes"]["AWSTraceHeader"])
    assert chain[-4:] == ("queue:loop", "function:loop") * 2
    root, *_ = found["Attributes"]["AWSTraceHeader"].split(";")
    assert root.startswith("Root=1-")
    sqs.close()
