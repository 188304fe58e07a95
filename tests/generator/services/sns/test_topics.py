"""Topics and their subscriptions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from esb_generator.expand import Expansion
from esb_schemas.event_sources.sqs import SqsMapping
from esb_schemas.validation.loading import validate

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]

SQS, FUNCTION = "arn:aws:sqs:us-east-1:123456789012", "arn:aws:lambda:us-east-1:123456789012:function"
WORKER = """
        Events: {Type: AWS::SNS::Topic}
        Failed: {Type: AWS::SQS::Queue}
        Worker:
          Type: AWS::Serverless::Function
          Properties:
            Runtime: python3.12
            Handler: a.b
"""


def topics(expansion: Expansion) -> Sequence[Mapping[str, Any]]:
    """The entries, which keep the contract."""
    found = {
        section: [dict(entry.definition) for entry in expansion.application.resources[section]]
        for section in ("SQS", "SNS")
    }
    validate("resources", found)
    return found["SNS"]


def event(properties: str) -> str:
    return WORKER + f"            Events: {{Order: {{Type: SNS, Properties: {{Topic: !Ref Events, {properties}}}}}}}\n"


def subscription(properties: str) -> str:
    given = f"TopicArn: !Ref Events, {properties}"
    return WORKER + f"        Subscription: {{Type: AWS::SNS::Subscription, Properties: {{{given}}}}}\n"


def told(expansion: Expansion) -> list[str]:
    return [notice.text for notice in expansion.notices]


def test_every_property_of_a_topic(read: Read) -> None:
    expansion = read(
        """
        Events:
          Type: AWS::SNS::Topic
          Properties:
            TopicName: events
            DisplayName: Events
            KmsMasterKeyId: alias/aws/sns
            SignatureVersion: 2
            TracingConfig: Active
            Subscription:
              - {Protocol: sqs, Endpoint: !GetAtt Orders.Arn}
              - {Protocol: lambda, Endpoint: !GetAtt Worker.Arn}
              - {Protocol: https, Endpoint: "https://shop.example/hook"}
            Tags: [{Key: team, Value: shop}]
        Orders: {Type: AWS::SQS::Queue}
        Worker:
          Type: AWS::Serverless::Function
          Properties: {Runtime: python3.12, Handler: a.b, Environment: {Variables: {TOPIC: !Ref Events}}}
        """
    )
    assert topics(expansion) == [
        {
            "Name": "events",
            "Attributes": {
                "DisplayName": "Events",
                "KmsMasterKeyId": "alias/aws/sns",
                "SignatureVersion": "2",
                "TracingConfig": "Active",
            },
            "Tags": [{"Key": "team", "Value": "shop"}],
            "Subscriptions": [
                {"Protocol": "sqs", "Endpoint": f"{SQS}:shop-Orders"},
                {"Protocol": "lambda", "Endpoint": f"{FUNCTION}:Worker"},
                {"Protocol": "https", "Endpoint": "https://shop.example/hook"},
            ],
        }
    ]
    (function,) = expansion.application.functions
    assert function.entry.environment == {"TOPIC": "arn:aws:sns:us-east-1:123456789012:events"}
    assert told(expansion) == []


def test_a_fifo_topic_without_a_name_gets_one_that_ends_in_fifo(read: Read) -> None:
    template = "Pay: {Type: AWS::SNS::Topic, Properties: {FifoTopic: true, ContentBasedDeduplication: true}}\n"
    assert topics(read(template)) == [
        {"Name": "shop-Pay.fifo", "Attributes": {"FifoTopic": "true", "ContentBasedDeduplication": "true"}}
    ]


ATTRIBUTES = (
    "FilterPolicy: {kind: [order]}, FilterPolicyScope: MessageBody, "
    "RedrivePolicy: {deadLetterTargetArn: !GetAtt Failed.Arn}"
)
EXPECTED = {
    "FilterPolicy": '{"kind": ["order"]}',
    "FilterPolicyScope": "MessageBody",
    "RedrivePolicy": json.dumps({"deadLetterTargetArn": f"{SQS}:shop-Failed"}),
}


def test_an_event_subscribes_its_function(read: Read) -> None:
    expansion = read(event(ATTRIBUTES))
    (topic,) = topics(expansion)
    assert topic["Subscriptions"] == [{"Protocol": "lambda", "Endpoint": f"{FUNCTION}:Worker", "Attributes": EXPECTED}]
    assert told(expansion) == []


def test_an_event_subscribes_the_alias_that_is_published(read: Read) -> None:
    template = event("").replace("Handler: a.b", "Handler: a.b\n            AutoPublishAlias: live")
    (topic,) = topics(read(template))
    assert topic["Subscriptions"] == [{"Protocol": "lambda", "Endpoint": f"{FUNCTION}:Worker:live"}]


def test_a_subscription_resource(read: Read) -> None:
    expansion = read(
        subscription(f"Protocol: sqs, Endpoint: !GetAtt Failed.Arn, RawMessageDelivery: true, {ATTRIBUTES}")
    )
    (topic,) = topics(expansion)
    assert topic["Subscriptions"] == [
        {
            "Protocol": "sqs",
            "Endpoint": f"{SQS}:shop-Failed",
            "Attributes": {**EXPECTED, "RawMessageDelivery": "true"},
        }
    ]
    assert told(expansion) == []


def test_sqs_subscription_puts_a_queue_between(read: Read) -> None:
    """SAM specification, "SNS": with SqsSubscription, notifications are batched in a queue."""
    expansion = read(event("SqsSubscription: true, FilterPolicy: {kind: [order]}"))
    (topic,) = topics(expansion)
    queue = f"{SQS}:shop-WorkerOrderQueue"
    assert topic["Subscriptions"] == [
        {"Protocol": "sqs", "Endpoint": queue, "Attributes": {"FilterPolicy": '{"kind": ["order"]}'}}
    ]
    assert [entry.name for entry in expansion.application.resources["SQS"]] == ["shop-Failed", "shop-WorkerOrderQueue"]
    (function,) = expansion.application.functions
    assert function.entry.events == (SqsMapping("sqs", "Order", queue),)


def test_sqs_subscription_of_a_queue_of_the_template(read: Read) -> None:
    expansion = read(event("SqsSubscription: {QueueArn: !GetAtt Failed.Arn, QueueUrl: !Ref Failed, BatchSize: 5}"))
    (topic,) = topics(expansion)
    assert topic["Subscriptions"] == [{"Protocol": "sqs", "Endpoint": f"{SQS}:shop-Failed"}]
    (function,) = expansion.application.functions
    assert function.entry.events == (SqsMapping("sqs", "Order", f"{SQS}:shop-Failed", 5),)


@pytest.mark.parametrize("false", ["SqsSubscription: false", ""])
def test_without_it_the_function_is_called_directly(read: Read, false: str) -> None:
    (topic,) = topics(read(event(false)))
    assert [each["Protocol"] for each in topic["Subscriptions"]] == ["lambda"]


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ("Protocol: email, Endpoint: me@shop.example", "e-mails are not sent; messages do not reach me@shop.example"),
        ("Protocol: sms, Endpoint: '+1'", "text messages are not sent; messages do not reach +1"),
        (f'Protocol: sqs, Endpoint: "{SQS}:theirs"', f"{SQS}:theirs is not a queue of this template"),
        (f'Protocol: lambda, Endpoint: "{FUNCTION}:theirs"', f"{FUNCTION}:theirs is not a function of this template"),
    ],
)
def test_who_gets_nothing_is_a_warning(read: Read, properties: str, said: str) -> None:
    expansion = read(subscription(properties))
    assert [text.startswith(said) for text in told(expansion)] == [True], told(expansion)
    assert "Subscriptions" not in topics(expansion)[0]


def test_a_topic_elsewhere_triggers_nothing(read: Read) -> None:
    expansion = read(event("").replace("!Ref Events", "'arn:aws:sns:us-east-1:123456789012:theirs'"))
    assert told(expansion) == [
        "event Order (SNS): arn:aws:sns:us-east-1:123456789012:theirs is not a topic of this template; "
        "Worker is never triggered by it"
    ]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (subscription("Protocol: fax, Endpoint: x"), "Protocol must be sqs, lambda, http"),
        (subscription("Protocol: http, Endpoint: 'ftp://x'"), "must be a URL that begins with http://"),
        (
            subscription("Protocol: lambda, Endpoint: !GetAtt Worker.Arn, RawMessageDelivery: true"),
            "functions get SNS's event, never the message alone",
        ),
        (event("FilterPolicy: {kind: order}"), "FilterPolicy is not a valid filter policy: "),
        (event("FilterPolicy: {kind: [{sufix: a}]}"), "FilterPolicy is not a valid filter policy: "),
        (event("FilterPolicyScope: Body"), "FilterPolicyScope must be MessageAttributes or MessageBody"),
        (event("BatchSize: 5"), "has no property BatchSize"),
        (event("SqsSubscription: {BatchSize: 11}"), "more than 10 messages need a batching window"),
        (
            event("SqsSubscription: true").replace("Handler: a.b", "Handler: a.b\n            Timeout: 31"),
            "makes a queue with a VisibilityTimeout of 30 s, less than the Timeout of Worker",
        ),
        ("T: {Type: AWS::SNS::Topic, Properties: {TopicName: t.fifo}}", "needs the attribute FifoTopic: 'true'"),
        ("T: {Type: AWS::SNS::Topic, Properties: {FifoTopics: true}}", "has no property FifoTopics"),
    ],
)
def test_what_aws_refuses_is_an_error(problems: Problems, template: str, said: str) -> None:
    found = problems(template)
    assert any(said in sentence for sentence in found), found
