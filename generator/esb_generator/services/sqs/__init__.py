"""Amazon SQS: queues, and functions that receive from them."""

from __future__ import annotations

from esb_generator.cloudformation.resource_values.resource_types import Name, arn
from esb_generator.resources.queues import QUEUE as KIND
from esb_generator.resources.service import EventSourceType, ResourceType, Service, rows_of_missing, rows_without_effect
from esb_generator.services.sqs.mappings import POLLED, mappings
from esb_generator.services.sqs.queues import QUEUE, fifo_suffix, queue
from esb_schemas.backends import backend

_URL = f"{backend('sqs').url}/{{account}}/{{name}}"  # as functions of the stack reach it

SERVICE = Service(
    "sqs",
    (
        ResourceType(
            "AWS::SQS::Queue",
            Name("QueueName", longest=80, suffix=fifo_suffix),
            {"Arn": arn("sqs", "{name}"), "QueueName": "{name}", "QueueUrl": _URL},
            _URL,
            kind=KIND,
            only_these_attributes=True,
            identity=frozenset({"QueueName", "FifoQueue"}),
            properties=QUEUE,
            without_effect=frozenset(
                {"KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled", "Tags"}
            ),
            polled="Arn",
            section="SQS",
            read=queue,
        ),
        *rows_without_effect("AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy", counted="policy"),
        *rows_of_missing("such part of SQS", "AWS::SQS::*"),
    ),
    (EventSourceType(POLLED.event, generates=POLLED.mapping, source=POLLED.property),),
    mappings,
)
