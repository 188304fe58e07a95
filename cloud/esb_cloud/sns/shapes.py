"""The parameters and results of SNS's operations. Source: botocore's service model `sns`, 2010-03-31."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from esb_cloud.aws.shapes import BINARY, BOOLEAN, TEXT, ListOf, MapOf, Shape, Structure

_TEXTS: Final = ListOf(TEXT)
_TEXT_MAP: Final = MapOf(TEXT)
_TAGS: Final = ListOf(Structure({"Key": TEXT, "Value": TEXT}, ("Key", "Value")))
_MESSAGE_ATTRIBUTES: Final = MapOf(
    Structure({"DataType": TEXT, "StringValue": TEXT, "BinaryValue": BINARY}), key_name="Name", value_name="Value"
)
_MESSAGE: Final[Mapping[str, Shape]] = {
    "Message": TEXT,
    "Subject": TEXT,
    "MessageStructure": TEXT,
    "MessageAttributes": _MESSAGE_ATTRIBUTES,
    "MessageDeduplicationId": TEXT,
    "MessageGroupId": TEXT,
}
_SUBSCRIPTIONS: Final = ListOf(
    Structure({"SubscriptionArn": TEXT, "Owner": TEXT, "Protocol": TEXT, "Endpoint": TEXT, "TopicArn": TEXT})
)


def _input(*required: str, **optional: Shape) -> Structure:
    return Structure({**dict.fromkeys(required, TEXT), **optional}, required)


CREATE_TOPIC: Final = _input("Name", Attributes=_TEXT_MAP, Tags=_TAGS, DataProtectionPolicy=TEXT)
TOPIC: Final = _input("TopicArn")
SET_TOPIC_ATTRIBUTES: Final = _input("TopicArn", "AttributeName", AttributeValue=TEXT)
ADD_PERMISSION: Final = _input("TopicArn", "Label", AWSAccountId=_TEXTS, ActionName=_TEXTS)
REMOVE_PERMISSION: Final = _input("TopicArn", "Label")
PAGE: Final = _input(NextToken=TEXT)
SUBSCRIBE: Final = _input("TopicArn", "Protocol", Endpoint=TEXT, Attributes=_TEXT_MAP, ReturnSubscriptionArn=BOOLEAN)
CONFIRM: Final = _input("TopicArn", "Token", AuthenticateOnUnsubscribe=TEXT)
SUBSCRIPTION: Final = _input("SubscriptionArn")
SET_SUBSCRIPTION_ATTRIBUTES: Final = _input("SubscriptionArn", "AttributeName", AttributeValue=TEXT)
SUBSCRIPTIONS_OF_TOPIC: Final = _input("TopicArn", NextToken=TEXT)
PUBLISH: Final = Structure({"TopicArn": TEXT, "TargetArn": TEXT, "PhoneNumber": TEXT, **_MESSAGE}, ("Message",))
PUBLISH_BATCH: Final = _input(
    "TopicArn", PublishBatchRequestEntries=ListOf(Structure({"Id": TEXT, **_MESSAGE}, ("Id", "Message")))
)
RESOURCE: Final = _input("ResourceArn")
TAG: Final = _input("ResourceArn", Tags=_TAGS)
UNTAG: Final = _input("ResourceArn", TagKeys=_TEXTS)

NOTHING: Final = Structure({})
TOPIC_ARN: Final = Structure({"TopicArn": TEXT})
SUBSCRIPTION_ARN: Final = Structure({"SubscriptionArn": TEXT})
ATTRIBUTES: Final = Structure({"Attributes": _TEXT_MAP})
TOPICS: Final = Structure({"Topics": ListOf(TOPIC_ARN), "NextToken": TEXT})
SUBSCRIPTIONS: Final = Structure({"Subscriptions": _SUBSCRIPTIONS, "NextToken": TEXT})
PUBLISHED: Final = Structure({"MessageId": TEXT, "SequenceNumber": TEXT})
PUBLISHED_BATCH: Final = Structure(
    {
        "Successful": ListOf(Structure({"Id": TEXT, "MessageId": TEXT, "SequenceNumber": TEXT})),
        "Failed": ListOf(Structure({"Id": TEXT, "Code": TEXT, "Message": TEXT, "SenderFault": BOOLEAN})),
    }
)
TAGS: Final = Structure({"Tags": _TAGS})
