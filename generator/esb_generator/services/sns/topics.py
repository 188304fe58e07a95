"""AWS::SNS::Topic as an entry of resources.yml, with all of its subscriptions.

Property names are those of "AWS::SNS::Topic" in the CloudFormation template reference, results those of the SNS API's
CreateTopic and Subscribe, whose attributes are all text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from esb_generator.cloudformation.resource_values.resource_types import PropertyText
from esb_generator.resources.nodes import (
    SILENT,
    Dropped,
    Field,
    Shape,
    flag,
    one_of,
    read_shape,
    text,
    written,
)
from esb_generator.resources.stack import Resource, Stack
from esb_generator.resources.tags import tags
from esb_generator.services.sns.subscriptions import subscriptions_of
from esb_schemas.lazy_pattern import LazyPattern
from esb_schemas.sections.sqs import SUFFIX

_NAME = LazyPattern(r"[A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\.fifo")
_NAME_RULE = "must be 1 to 256 letters, digits, - and _; that of a FIFO topic ends in .fifo"


TOPIC: Shape = {
    "TopicName": None,
    "DisplayName": Field(text),
    "FifoTopic": Field(written(flag)),
    "ContentBasedDeduplication": Field(written(flag)),
    "FifoThroughputScope": Field(one_of("Topic", "MessageGroup")),
    "KmsMasterKeyId": Field(text),
    "SignatureVersion": Field(one_of("1", "2")),
    "TracingConfig": Field(one_of("PassThrough", "Active")),
    "Subscription": None,
    "Tags": None,
    "ArchivePolicy": Dropped("messages are not archived"),
    "DataProtectionPolicy": Dropped("messages are not checked for personal data"),
    "DeliveryStatusLogging": SILENT,
}


def fifo_suffix(text_of: PropertyText) -> str:
    """CloudFormation gives a FIFO topic without a name one that ends in .fifo."""
    return SUFFIX if text_of("FifoTopic") == "true" else ""


def topic(stack: Stack, resource: Resource) -> Mapping[str, Any]:
    name = stack.name(resource)
    if not _NAME.fullmatch(name):
        fix = stack.rename_hint(name, "give another TopicName")
        resource.problem(f"the topic name {name!r} {_NAME_RULE}; {fix}")
    attributes, found = read_shape(resource.properties, TOPIC), resource.properties.read("Tags", tags)
    subscriptions = subscriptions_of(stack, resource)
    return {
        "Name": name,
        **({"Attributes": attributes} if attributes else {}),
        **({"Tags": found} if found else {}),
        **({"Subscriptions": subscriptions} if subscriptions else {}),
    }
