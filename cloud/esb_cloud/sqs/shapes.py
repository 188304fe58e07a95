"""Parameters and results of SQS. The Query names are those of API version 2012-11-05, from before its JSON protocol."""

from __future__ import annotations

from typing import Final

from esb_cloud.aws.shapes import BINARY, BOOLEAN, INTEGER, TEXT, ListOf, MapOf, Shape, Structure

_ATTRIBUTE_VALUE: Final = Structure(
    {
        "StringValue": TEXT,
        "BinaryValue": BINARY,
        "StringListValues": ListOf(TEXT, "StringListValue"),
        "BinaryListValues": ListOf(BINARY, "BinaryListValue"),
        "DataType": TEXT,
    }
)
_MESSAGE_ATTRIBUTES: Final = MapOf(_ATTRIBUTE_VALUE, "MessageAttribute", "Name", "Value")
_SYSTEM_ATTRIBUTES: Final = MapOf(_ATTRIBUTE_VALUE, "MessageSystemAttribute", "Name", "Value")
_ATTRIBUTES: Final = MapOf(TEXT, "Attribute", "Name", "Value")
_TAGS: Final = MapOf(TEXT, "Tag", "Key", "Value")
_URLS: Final = ListOf(TEXT, "QueueUrl")
_SEND: Final[dict[str, Shape]] = {
    "MessageBody": TEXT,
    "DelaySeconds": INTEGER,
    "MessageAttributes": _MESSAGE_ATTRIBUTES,
    "MessageSystemAttributes": _SYSTEM_ATTRIBUTES,
    "MessageDeduplicationId": TEXT,
    "MessageGroupId": TEXT,
}
_SENT: Final[dict[str, Shape]] = {
    "MD5OfMessageBody": TEXT,
    "MD5OfMessageAttributes": TEXT,
    "MD5OfMessageSystemAttributes": TEXT,
    "MessageId": TEXT,
    "SequenceNumber": TEXT,
}
_MESSAGE: Final = Structure(
    {
        "MessageId": TEXT,
        "ReceiptHandle": TEXT,
        "MD5OfBody": TEXT,
        "Body": TEXT,
        "Attributes": _ATTRIBUTES,
        "MD5OfMessageAttributes": TEXT,
        "MessageAttributes": _MESSAGE_ATTRIBUTES,
    }
)
_FAILED: Final = ListOf(
    Structure({"Id": TEXT, "SenderFault": BOOLEAN, "Code": TEXT, "Message": TEXT}), "BatchResultErrorEntry"
)
_ID: Final = Structure({"Id": TEXT})


def _queue(*required: str, **members: Shape) -> Structure:
    """Input that names a queue, which a Query request may have in its path instead."""
    return Structure({"QueueUrl": TEXT, **members}, required)


def _batch(entry: Structure, name: str) -> Structure:
    return _queue(Entries=ListOf(entry, f"{name}BatchRequestEntry"))


def _batch_result(entry: Structure, name: str) -> Structure:
    return Structure({"Successful": ListOf(entry, f"{name}BatchResultEntry"), "Failed": _FAILED})


QUEUE: Final = _queue()
QUEUE_URL: Final = Structure({"QueueUrl": TEXT})

CREATE: Final = Structure({"QueueName": TEXT, "Attributes": _ATTRIBUTES, "tags": _TAGS}, ("QueueName",))
GET_URL: Final = Structure({"QueueName": TEXT, "QueueOwnerAWSAccountId": TEXT}, ("QueueName",))
LIST: Final = Structure({"QueueNamePrefix": TEXT, "NextToken": TEXT, "MaxResults": INTEGER})
LISTED: Final = Structure({"QueueUrls": _URLS, "NextToken": TEXT})
LIST_SOURCES: Final = _queue(NextToken=TEXT, MaxResults=INTEGER)
SOURCES: Final = Structure({"queueUrls": _URLS, "NextToken": TEXT})
GET_ATTRIBUTES: Final = _queue(AttributeNames=ListOf(TEXT, "AttributeName"))
ATTRIBUTES: Final = Structure({"Attributes": _ATTRIBUTES})
SET_ATTRIBUTES: Final = _queue("Attributes", Attributes=_ATTRIBUTES)

SEND: Final = _queue(**_SEND)
SENT: Final = Structure(_SENT)
SEND_BATCH: Final = _batch(Structure({"Id": TEXT, **_SEND}), "SendMessage")
SENT_BATCH: Final = _batch_result(Structure({"Id": TEXT, **_SENT}), "SendMessage")
RECEIVE: Final = _queue(
    AttributeNames=ListOf(TEXT, "AttributeName"),
    MessageSystemAttributeNames=ListOf(TEXT, "MessageSystemAttributeName"),
    MessageAttributeNames=ListOf(TEXT, "MessageAttributeName"),
    MaxNumberOfMessages=INTEGER,
    VisibilityTimeout=INTEGER,
    WaitTimeSeconds=INTEGER,
    ReceiveRequestAttemptId=TEXT,
)
RECEIVED: Final = Structure({"Messages": ListOf(_MESSAGE, "Message")})
DELETE: Final = _queue("ReceiptHandle", ReceiptHandle=TEXT)
DELETE_BATCH: Final = _batch(Structure({"Id": TEXT, "ReceiptHandle": TEXT}), "DeleteMessage")
DELETED_BATCH: Final = _batch_result(_ID, "DeleteMessage")
CHANGE: Final = _queue("ReceiptHandle", "VisibilityTimeout", ReceiptHandle=TEXT, VisibilityTimeout=INTEGER)
CHANGE_BATCH: Final = _batch(
    Structure({"Id": TEXT, "ReceiptHandle": TEXT, "VisibilityTimeout": INTEGER}), "ChangeMessageVisibility"
)
CHANGED_BATCH: Final = _batch_result(_ID, "ChangeMessageVisibility")

TAG: Final = _queue("Tags", Tags=_TAGS)
UNTAG: Final = _queue("TagKeys", TagKeys=ListOf(TEXT, "TagKey"))
TAGS: Final = Structure({"Tags": _TAGS})
ADD_PERMISSION: Final = _queue(
    "Label",
    "AWSAccountIds",
    "Actions",
    Label=TEXT,
    AWSAccountIds=ListOf(TEXT, "AWSAccountId"),
    Actions=ListOf(TEXT, "ActionName"),
)
REMOVE_PERMISSION: Final = _queue("Label", Label=TEXT)

START_MOVE: Final = Structure(
    {"SourceArn": TEXT, "DestinationArn": TEXT, "MaxNumberOfMessagesPerSecond": INTEGER}, ("SourceArn",)
)
MOVE_STARTED: Final = Structure({"TaskHandle": TEXT})
CANCEL_MOVE: Final = Structure({"TaskHandle": TEXT}, ("TaskHandle",))
MOVE_CANCELLED: Final = Structure({"ApproximateNumberOfMessagesMoved": INTEGER})
LIST_MOVES: Final = Structure({"SourceArn": TEXT, "MaxResults": INTEGER}, ("SourceArn",))
MOVES: Final = Structure(
    {
        "Results": ListOf(
            Structure(
                {
                    "TaskHandle": TEXT,
                    "Status": TEXT,
                    "SourceArn": TEXT,
                    "DestinationArn": TEXT,
                    "MaxNumberOfMessagesPerSecond": INTEGER,
                    "ApproximateNumberOfMessagesMoved": INTEGER,
                    "ApproximateNumberOfMessagesToMove": INTEGER,
                    "FailureReason": TEXT,
                    "StartedTimestamp": INTEGER,
                }
            ),
            "ListMessageMoveTasksResult",
        )
    }
)

WATCH: Final = Structure({"name": TEXT, "seconds": INTEGER})
UNDO_RECEIVES: Final = Structure({"name": TEXT, "ReceiptHandles": ListOf(TEXT, "ReceiptHandle")}, ("ReceiptHandles",))
