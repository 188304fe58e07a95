"""Brokers, devices, mail and other ways to send messages: unsupported."""

from __future__ import annotations

from esb_generator.resources.service import Service, event_of_missing, rows_of_missing

_MAPPING = "AWS::Lambda::EventSourceMapping"
_OTHERS = "B2BI BedrockAgentCore IoT Pinpoint SES"

SERVICE = Service(
    "messaging",
    (
        *rows_of_missing("Amazon MQ", "AWS::AmazonMQ::*"),
        *rows_of_missing("Kafka", "AWS::MSK::*"),
        *(row for name in _OTHERS.split() for row in rows_of_missing(name, f"AWS::{name}::*")),
    ),
    (
        event_of_missing("AlexaSkill", "Alexa"),
        event_of_missing("IoTRule", "IoT Core"),
        event_of_missing("MQ", "Amazon MQ", source="Broker", generates=_MAPPING),
        event_of_missing("MSK", "Kafka", source="Stream", generates=_MAPPING),
        event_of_missing("SelfManagedKafka", "Kafka", generates=_MAPPING),
    ),
)
