"""Amazon Kinesis and Data Firehose: unsupported."""

from __future__ import annotations

from esb_generator.cloudformation.resource_values.resource_types import Name, arn
from esb_generator.resources.service import ResourceType, Service, event_of_missing, rows_of_missing

_CONSUMER_ARN = "{StreamARN}/consumer/{name}:1700000000"
_CONSUMER = {"ConsumerARN": _CONSUMER_ARN, "ConsumerName": "{name}"}
_DELIVERY = {"Arn": arn("firehose", "deliverystream/{name}")}

SERVICE = Service(
    "kinesis",
    (
        *rows_of_missing(
            "Kinesis",
            ResourceType("AWS::Kinesis::Stream", Name("Name"), {"Arn": arn("kinesis", "stream/{name}")}),
            ResourceType("AWS::Kinesis::StreamConsumer", Name("ConsumerName"), _CONSUMER, _CONSUMER_ARN),
            "AWS::Kinesis::*",
        ),
        *rows_of_missing(
            "Data Firehose",
            ResourceType("AWS::KinesisFirehose::DeliveryStream", Name("DeliveryStreamName"), _DELIVERY),
            "AWS::KinesisFirehose::*",
        ),
    ),
    (event_of_missing("Kinesis", "Kinesis", source="Stream", generates="AWS::Lambda::EventSourceMapping"),),
)
