"""Destinations and dead letters of asynchronous invocations go to queues, in embedded mode."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from tests.gateway.local.local_gateway import KEYS, LocalGateway
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
  missing:
    handler: nothing.handler
    runtime: python3.11
    code: functions/echo
    event_invoke:
      maximum_retry_attempts: 0
      on_failure: {{arn: "{QUEUE}failed"}}
      dead_letter: {{arn: "{QUEUE}dead"}}
"""
RESOURCES = "SQS: [{QueueName: succeeded}, {QueueName: failed}, {QueueName: dead}]\n"


@pytest.fixture
def gateway(tmp_path: Path, start: Callable[..., LocalGateway]) -> LocalGateway:
    root = tmp_path / ".esb"
    (root / "config").mkdir(parents=True)
    (root / "config/functions.yml").write_text(FUNCTIONS)
    (root / "config/routing.yml").write_text("routes: []\n")
    (root / "config/resources.yml").write_text(RESOURCES)
    (root / "secrets.env").write_text("".join(f"{name}={value}\n" for name, value in KEYS.items()))
    shutil.copytree(Path(__file__).parent / "functions/echo", root / "functions/echo")
    running = start(root).ready()
    until(lambda: "cloud" in running.addresses)
    return running


def message_in(gateway: LocalGateway, name: str) -> Any:
    client = botocore.session.Session().create_client(
        "sqs",
        region_name="us-east-1",
        endpoint_url=gateway.addresses["cloud"],
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )
    url = client.get_queue_url(QueueName=name)["QueueUrl"]
    (message,) = client.receive_message(
        QueueUrl=url, WaitTimeSeconds=20, AttributeNames=["All"], MessageAttributeNames=["All"]
    )["Messages"]
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
