"""Queues in boto3's shapes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from esb_generator.expand import Expansion
from esb_schemas.validation.loading import validate

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]

ARN = "arn:aws:sqs:us-east-1:123456789012"


def queues(expansion: Expansion) -> list[Mapping[str, Any]]:
    """The entries, which keep the contract."""
    found: list[Mapping[str, Any]] = [dict(entry.definition) for entry in expansion.application.resources["SQS"]]
    validate("resources", {"SQS": found})
    return found


def test_every_property_of_a_queue(read: Read) -> None:
    expansion = read(
        """
        Orders:
          Type: AWS::SQS::Queue
          Properties:
            QueueName: orders
            DelaySeconds: "5"
            MaximumMessageSize: 2048
            MessageRetentionPeriod: 1209600
            ReceiveMessageWaitTimeSeconds: 20
            VisibilityTimeout: 120
            RedrivePolicy: {deadLetterTargetArn: !GetAtt Failed.Arn, maxReceiveCount: "3"}
            KmsMasterKeyId: !Ref Key
            KmsDataKeyReusePeriodSeconds: 300
            Tags: [{Key: team, Value: shop}, {Key: cost, Value: 42}]
        Failed:
          Type: AWS::SQS::Queue
          Properties:
            RedriveAllowPolicy:
              redrivePermission: byQueue
              sourceQueueArns: [!Sub "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:orders"]
            SqsManagedSseEnabled: false
        Key: {Type: AWS::KMS::Key}
        """
    )
    orders, failed = queues(expansion)
    redrive = json.loads(orders["Attributes"].pop("RedrivePolicy"))
    assert redrive == {"deadLetterTargetArn": f"{ARN}:shop-Failed", "maxReceiveCount": 3}
    key = orders["Attributes"].pop("KmsMasterKeyId")
    assert key
    assert orders == {
        "QueueName": "orders",
        "Attributes": {
            "DelaySeconds": "5",
            "MaximumMessageSize": "2048",
            "MessageRetentionPeriod": "1209600",
            "ReceiveMessageWaitTimeSeconds": "20",
            "VisibilityTimeout": "120",
            "KmsDataKeyReusePeriodSeconds": "300",
        },
        "tags": {"team": "shop", "cost": "42"},
    }
    assert failed["QueueName"] == "shop-Failed"
    assert failed["Attributes"]["SqsManagedSseEnabled"] == "false"
    assert json.loads(failed["Attributes"]["RedriveAllowPolicy"]) == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [f"{ARN}:orders"],
    }
    assert "SQS" not in " ".join(notice.text for notice in expansion.notices)


def test_a_fifo_queue_without_a_name_gets_one_that_ends_in_fifo(read: Read) -> None:
    """CloudFormation template reference, AWS::SQS::Queue, QueueName."""
    expansion = read(
        """
        Payments:
          Type: AWS::SQS::Queue
          Properties:
            FifoQueue: true
            ContentBasedDeduplication: true
            DeduplicationScope: messageGroup
            FifoThroughputLimit: perMessageGroupId
        F:
          Type: AWS::Serverless::Function
          Properties:
            Runtime: python3.12
            Handler: a.b
            Environment: {Variables: {URL: !Ref Payments, NAME: !GetAtt Payments.QueueName}}
        """
    )
    assert queues(expansion) == [
        {
            "QueueName": "shop-Payments.fifo",
            "Attributes": {
                "FifoQueue": "true",
                "ContentBasedDeduplication": "true",
                "DeduplicationScope": "messageGroup",
                "FifoThroughputLimit": "perMessageGroupId",
            },
        }
    ]
    (function,) = expansion.application.functions
    assert function.entry.environment == {
        "URL": "http://cloud:4566/123456789012/shop-Payments.fifo",
        "NAME": "shop-Payments.fifo",
    }
    assert expansion.notices == ()


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ("QueueName: my orders", "the queue name 'my orders' must be 1 to 80 letters, digits, - and _"),
        ("FifoQueue: true, QueueName: orders", "QueueName: the name of a FIFO queue ends in .fifo; use 'orders.fifo'"),
        ("QueueName: orders.fifo", "QueueName: a name that ends in .fifo needs the attribute FifoQueue: 'true'"),
        ("DelaySeconds: 901", "DelaySeconds must be a whole number from 0 to 900, not 901"),
        ("VisibilityTimeout: 43201", "VisibilityTimeout must be a whole number from 0 to 43200, not 43201"),
        ("MessageRetentionPeriod: 59", "MessageRetentionPeriod must be a whole number from 60 to 1209600, not 59"),
        ("MaximumMessageSize: 1048577", "MaximumMessageSize must be a whole number from 1024 to 1048576"),
        ("ContentBasedDeduplication: true", "ContentBasedDeduplication: is for FIFO queues only"),
        ("Fifo: true", "AWS::SQS::Queue has no property Fifo"),
        (
            "RedrivePolicy: {deadLetterTargetArn: !GetAtt R.Arn}",
            "RedrivePolicy has no maxReceiveCount; add it",
        ),
        (
            "RedrivePolicy: {deadLetterTargetArn: !GetAtt R.Arn, maxReceiveCount: 1001}",
            "RedrivePolicy.maxReceiveCount must be a whole number from 1 to 1000, not 1001",
        ),
    ],
)
def test_what_aws_refuses_is_an_error(problems: Problems, properties: str, said: str) -> None:
    found = problems(f"R:\n  Type: AWS::SQS::Queue\n  Properties: {{{properties}}}\n")
    assert any(said in sentence for sentence in found), found


def test_the_dead_letter_queue_of_a_standard_queue_is_no_fifo_queue(problems: Problems) -> None:
    (sentence,) = problems(
        """
        Orders:
          Type: AWS::SQS::Queue
          Properties:
            RedrivePolicy: {deadLetterTargetArn: !GetAtt Failed.Arn, maxReceiveCount: 3}
        Failed: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}
        """
    )
    assert sentence.startswith("5:")
    assert "shop-Failed.fifo cannot be the dead-letter queue of shop-Orders" in sentence


def test_a_dead_letter_queue_elsewhere_is_left_out_with_a_warning(read: Read) -> None:
    expansion = read(
        f"""
        Orders:
          Type: AWS::SQS::Queue
          Properties:
            RedrivePolicy: {{deadLetterTargetArn: "{ARN}:theirs", maxReceiveCount: 3}}
        """
    )
    assert queues(expansion) == [{"QueueName": "shop-Orders"}]
    (notice,) = expansion.notices
    assert notice.text == (
        f"RedrivePolicy: {ARN}:theirs is not a queue of this template; messages are received again until their "
        "retention period ends. Add the queue to the template"
    )
