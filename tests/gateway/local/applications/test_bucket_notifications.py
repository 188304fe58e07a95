"""Changes of objects reach functions, queues, topics and rules, in embedded mode."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.local.local_gateway import LocalGateway, write_folder
from tests.watching import until

pytestmark = pytest.mark.server

ACCOUNT = "us-east-1:123456789012"
FUNCTIONS = f"""
functions:
  echo:
    handler: app.handler
    runtime: python3.11
    code: functions/echo
    event_invoke:
      on_success: {{arn: "arn:aws:sqs:{ACCOUNT}:echoed"}}
  again:
    handler: app.handler
    runtime: python3.11
    code: functions/again
    timeout: 30
    event_invoke:
      on_failure: {{arn: "arn:aws:sqs:{ACCOUNT}:stopped"}}
"""
RESOURCES = f"""
SQS: [{{QueueName: echoed}}, {{QueueName: told}}, {{QueueName: stopped}}]
EventBridge:
  - Name: default
    Rules:
      - Name: created
        EventPattern: '{{"source": ["aws.s3"], "detail": {{"object": {{"key": [{{"prefix": "big/"}}]}}}}}}'
        Targets: [{{Id: "1", Arn: "arn:aws:sqs:{ACCOUNT}:told"}}]
S3:
  - BucketName: uploads
    NotificationConfiguration:
      LambdaFunctionConfigurations:
        - LambdaFunctionArn: arn:aws:lambda:{ACCOUNT}:function:echo
          Events: ["s3:ObjectCreated:*"]
          Filter: {{Key: {{FilterRules: [{{Name: prefix, Value: in/}}, {{Name: suffix, Value: .txt}}]}}}}
        - LambdaFunctionArn: arn:aws:lambda:{ACCOUNT}:function:again
          Events: ["s3:ObjectCreated:*"]
          Filter: {{Key: {{FilterRules: [{{Name: prefix, Value: again/}}]}}}}
      QueueConfigurations:
        - {{Id: gone, QueueArn: "arn:aws:sqs:{ACCOUNT}:told", Events: ["s3:ObjectRemoved:*"]}}
      EventBridgeConfiguration: {{}}
  - BucketName: others
"""


def received(gateway: LocalGateway, name: str) -> Any:
    """The body of the next message, which is deleted."""
    client = gateway.client("sqs")
    url = client.get_queue_url(QueueName=name)["QueueUrl"]
    found: list[Mapping[str, Any]] = []

    def receive() -> bool:
        found.extend(client.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages", ()))
        return bool(found)

    until(receive, 60)
    client.delete_message(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"])
    client.close()
    return json.loads(found[0]["Body"])


def test_what_changes_is_told(tmp_path: Path, start: Callable[..., LocalGateway]) -> None:
    root = tmp_path / ".esb"
    write_folder(root, {"functions.yml": FUNCTIONS, "resources.yml": RESOURCES}, "again", "echo")
    gateway = start(root).ready()
    until(lambda: "cloud" in gateway.addresses, 60)
    storage = gateway.client("s3")
    storage.put_object(Bucket="others", Key="in/a.txt", Body=b"no notification")
    storage.put_object(Bucket="uploads", Key="in/a b.txt", Body=b"hello")
    storage.put_object(Bucket="uploads", Key="in/picture.png", Body=b"no notification")

    (record,) = received(gateway, "echoed")["requestPayload"]["Records"]
    assert (record["eventName"], record["eventSource"]) == ("ObjectCreated:Put", "aws:s3")
    assert record["s3"]["bucket"]["arn"] == "arn:aws:s3:::uploads"
    described = record["s3"]["object"]
    assert (described["key"], described["size"]) == ("in/a+b.txt", 5)
    assert described["eTag"] == "5d41402abc4b2a76b9719d911017c592"

    storage.put_object(Bucket="uploads", Key="big/one", Body=b"12345678")
    event = received(gateway, "told")
    assert (event["source"], event["detail-type"]) == ("aws.s3", "Object Created")
    assert event["resources"] == ["arn:aws:s3:::uploads"]
    assert (event["detail"]["reason"], event["detail"]["object"]["size"]) == ("PutObject", 8)

    # Lambda developer guide, "Use Lambda recursive loop detection to prevent infinite loops", names S3.
    storage.put_object(Bucket="uploads", Key="again/0", Body=b"")
    stopped = received(gateway, "stopped")
    assert stopped["requestContext"]["condition"] == "RecursiveLoop"
    key = stopped["requestPayload"]["Records"][0]["s3"]["object"]["key"]
    assert key == "again/16", "16 invocations have written 1 to 16"

    storage.delete_objects(Bucket="uploads", Delete={"Objects": [{"Key": "in/a b.txt"}, {"Key": "never there"}]})
    storage.close()
    (gone,) = received(gateway, "told")["Records"]
    assert (gone["eventName"], gone["s3"]["configurationId"]) == ("ObjectRemoved:Delete", "gone")
    assert "size" not in gone["s3"]["object"]
