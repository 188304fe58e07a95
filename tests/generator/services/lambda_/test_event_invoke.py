"""Where records of asynchronous invocations and dead letters go."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from esb_generator.expand import Expansion
from esb_schemas.contract import Destination

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]

ACCOUNT = "us-east-1:123456789012"


def template(destinations: str, dead_letter: str = "Ref: Queue") -> str:
    return f"""
        Queue: {{Type: AWS::SQS::Queue, Properties: {{QueueName: failed}}}}
        Orders: {{Type: AWS::SQS::Queue, Properties: {{FifoQueue: true, QueueName: orders.fifo}}}}
        Topic: {{Type: AWS::SNS::Topic, Properties: {{TopicName: alarms}}}}
        Shop: {{Type: AWS::Events::EventBus, Properties: {{Name: shop}}}}
        Work:
          Type: AWS::Serverless::Function
          Properties:
            Runtime: python3.12
            Handler: a.b
            EventInvokeConfig: {{DestinationConfig: {{{destinations}}}}}
            DeadLetterQueue: {{Type: SNS, TargetArn: {{{dead_letter}}}}}
    """


def test_buses_and_topics_are_destinations_and_topics_get_dead_letters(read: Read) -> None:
    given = (
        "OnSuccess: {Type: EventBridge, Destination: !GetAtt Shop.Arn}, OnFailure: {Type: SNS, Destination: !Ref Topic}"
    )
    expansion = read(template(given, "Ref: Topic"))
    (function,) = expansion.application.functions
    invoke, topic = function.entry.event_invoke, Destination(arn=f"arn:aws:sns:{ACCOUNT}:alarms")
    assert invoke.on_success == Destination(arn=f"arn:aws:events:{ACCOUNT}:event-bus/shop")
    assert invoke.on_failure == invoke.dead_letter == topic
    assert expansion.notices == ()


@pytest.mark.parametrize(
    ("destination", "text"),
    [
        (
            "arn:aws:sns:us-east-1:123456789012:theirs",
            "the stack cannot deliver to arn:aws:sns:us-east-1:123456789012:theirs",
        ),
        ("arn:aws:s3:::results", "the stack cannot deliver to arn:aws:s3:::results"),
    ],
)
def test_what_is_not_in_the_template_is_reported(read: Read, destination: str, text: str) -> None:
    given = f"OnFailure: {{Type: SNS, Destination: '{destination}'}}"
    (notice,) = read(template(given, "'Fn::GetAtt': [Queue, Arn]")).notices
    kept = "events that failed are kept, and esb-gateway events lists them"
    assert notice.text == f"EventInvokeConfig.DestinationConfig.OnFailure: {text}; {kept}"


def test_a_bus_may_be_called_like_a_fifo_queue(read: Read) -> None:
    given = template("OnFailure: {Type: EventBridge, Destination: !GetAtt Shop.Arn}", "Ref: Topic")
    (function,) = read(given.replace("Name: shop", "Name: shop.fifo")).application.functions
    assert function.entry.event_invoke.on_failure == Destination(arn=f"arn:aws:events:{ACCOUNT}:event-bus/shop.fifo")


def test_a_fifo_queue_is_refused(problems: Problems) -> None:
    found = problems(template("OnFailure: {Type: SQS, Destination: !GetAtt Orders.Arn}", "Ref: Topic"))
    assert any("names a FIFO queue, which Lambda does not send to; name a standard queue" in text for text in found)
