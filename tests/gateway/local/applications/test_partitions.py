"""A stack in a region of another partition: what the build writes is what the servers answer to."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gateway.local.local_gateway import LocalGateway
from tests.watching import until

pytestmark = pytest.mark.server

REGION = "cn-north-1"
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: echo
      Handler: app.handler
      Runtime: python3.11
      CodeUri: src/
      EventInvokeConfig: {DestinationConfig: {OnSuccess: {Type: EventBridge, Destination: !GetAtt Shop.Arn}}}
      Events:
        Work: {Type: SQS, Properties: {Queue: !GetAtt Work.Arn}}
  Work:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: work
      VisibilityTimeout: 3
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 1}
  Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
  Done: {Type: AWS::SQS::Queue, Properties: {QueueName: done}}
  News:
    Type: AWS::SNS::Topic
    Properties: {TopicName: news, Subscription: [{Protocol: sqs, Endpoint: !GetAtt Done.Arn}]}
  Shop: {Type: AWS::Events::EventBus, Properties: {Name: shop}}
  Succeeded:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Shop
      EventPattern: {resources: [!Sub "${Echo.Arn}:$LATEST"], detail-type: [{suffix: Success}]}
      Targets: [{Id: news, Arn: !Ref News}]
"""
SOURCE = """
def handler(event, context):
    if "fail" in str(event):
        raise ValueError("asked for")
    return context.invoked_function_arn
"""


def arn(service: str, resource: str) -> str:
    """As "AWS partitions" in the AWS General Reference has it for the regions in China."""
    return f"arn:aws-cn:{service}:{REGION}:123456789012:{resource}"


@pytest.fixture
def gateway(tmp_path: Path, start: Callable[..., LocalGateway]) -> LocalGateway:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "src").mkdir()
    (tmp_path / "src/app.py").write_text(SOURCE)
    build = [sys.executable, "-m", "esb_generator", "build", "--region", REGION]
    subprocess.run(build, check=True, capture_output=True, cwd=tmp_path)
    running = start(tmp_path / ".esb").ready()
    until(lambda: "cloud" in running.addresses)
    return running


def test_queues_topics_buses_and_functions_are_found_by_the_arns_of_the_partition(gateway: LocalGateway) -> None:
    functions, sqs = gateway.client("lambda", region=REGION), gateway.client("sqs", region=REGION)

    def received(queue: str) -> str:
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        found: list[str] = []

        def receive() -> bool:
            messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages", [])
            found.extend(message["Body"] for message in messages)
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return bool(found)

        until(receive, 60)
        return found[0]

    echo = arn("lambda", "function:echo")
    answer = functions.invoke(FunctionName=echo, Payload="{}")
    assert json.loads(answer["Payload"].read()) == echo

    functions.invoke(FunctionName=echo, InvocationType="Event", Payload="{}")
    notice = json.loads(received("done"))  # over the bus, whose rule is for the function's ARN, and the topic
    assert notice["TopicArn"] == arn("sns", "news")
    event = json.loads(notice["Message"])
    assert event["resources"] == [arn("events", "event-bus/shop"), f"{echo}:$LATEST"]
    assert event["detail"]["requestContext"]["functionArn"] == f"{echo}:$LATEST"

    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="work")["QueueUrl"], MessageBody="fail")
    assert received("dead") == "fail"
    (mapping,) = functions.list_event_source_mappings()["EventSourceMappings"]
    assert (mapping["EventSourceArn"], mapping["FunctionArn"]) == (arn("sqs", "work"), echo)

    sns = gateway.client("sns", region=REGION)
    sns.publish(TopicArn=arn("sns", "news"), Message="hello")
    assert json.loads(received("done"))["Message"] == "hello"
    for client in (functions, sqs, sns):
        client.close()
