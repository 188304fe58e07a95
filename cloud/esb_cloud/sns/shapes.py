"""The parameters and results of SNS's operations. Source: botocore's service model `sns`, 2010-03-31."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from esb_cloud.aws.shapes import BINARY, BOOLEAN, TAG_LIST, TEXT, ListOf, MapOf, Shape, Structure, parameters

_TEXTS: Final = ListOf(TEXT)
_TEXT_MAP: Final = MapOf(TEXT)
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


CREATE_TOPIC: Final = parameters("Name", Attributes=_TEXT_MAP, Tags=TAG_LIST, DataProtectionPolicy=TEXT)
TOPIC: Final = parameters("TopicArn")
SET_TOPIC_ATTRIBUTES: Final = parameters("TopicArn", "AttributeName", AttributeValue=TEXT)
ADD_PERMISSION: Final = parameters("TopicArn", "Label", AWSAccountId=_TEXTS, ActionName=_TEXTS)
REMOVE_PERMISSION: Final = parameters("TopicArn", "Label")
PAGE: Final = parameters(NextToken=TEXT)
SUBSCRIBE: Final = parameters(
    "TopicArn", "Protocol", Endpoint=TEXT, Attributes=_TEXT_MAP, ReturnSubscriptionArn=BOOLEAN
)
CONFIRM: Final = parameters("TopicArn", "Token", AuthenticateOnUnsubscribe=TEXT)
SUBSCRIPTION: Final = parameters("SubscriptionArn")
SET_SUBSCRIPTION_ATTRIBUTES: Final = parameters("SubscriptionArn", "AttributeName", AttributeValue=TEXT)
SUBSCRIPTIONS_OF_TOPIC: Final = parameters("TopicArn", NextToken=TEXT)
PUBLISH: Final = Structure({"TopicArn": TEXT, "TargetArn": TEXT, "PhoneNumber": TEXT, **_MESSAGE}, ("Message",))
PUBLISH_BATCH: Final = parameters(
    "TopicArn", PublishBatchRequestEntries=ListOf(Structure({"Id": TEXT, **_MESSAGE}, ("Id", "Message")))
)
RESOURCE: Final = parameters("ResourceArn")
TAG: Final = parameters("ResourceArn", Tags=TAG_LIST)
UNTAG: Final = parameters("ResourceArn", TagKeys=_TEXTS)

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
TAGS: Final = Structure({"Tags": TAG_LIST})
