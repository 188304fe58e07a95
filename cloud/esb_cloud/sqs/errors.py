"""SQS's errors: codes of the JSON protocol, and what the Query protocol calls them.

The texts are those that AWS was recorded to answer, and of its API reference, "Common errors" and each operation's.
"""

from __future__ import annotations

from typing import Final

from esb_wire.errors import AwsError

MISSING: Final = "MissingRequiredParameterException"
_NAMESPACE: Final = "AWS.SimpleQueueService."

QUERY_CODES: Final = {
    MISSING: "MissingParameter",
    "InvalidParameterValueException": "InvalidParameterValue",
    "QueueNameExists": "QueueAlreadyExists",
    "QueueDoesNotExist": f"{_NAMESPACE}NonExistentQueue",
    "InvalidAttributeName": "InvalidAttributeName",
    "InvalidAttributeValue": "InvalidAttributeValue",
    "InvalidMessageContents": "InvalidMessageContents",
    "ReceiptHandleIsInvalid": "ReceiptHandleIsInvalid",
    "OverLimit": "OverLimit",
    "UnsupportedOperation": f"{_NAMESPACE}UnsupportedOperation",
    "PurgeQueueInProgress": f"{_NAMESPACE}PurgeQueueInProgress",
    "EmptyBatchRequest": f"{_NAMESPACE}EmptyBatchRequest",
    "TooManyEntriesInBatchRequest": f"{_NAMESPACE}TooManyEntriesInBatchRequest",
    "BatchEntryIdsNotDistinct": f"{_NAMESPACE}BatchEntryIdsNotDistinct",
    "BatchRequestTooLong": f"{_NAMESPACE}BatchRequestTooLong",
    "InvalidBatchEntryId": f"{_NAMESPACE}InvalidBatchEntryId",
    "ResourceNotFoundException": "ResourceNotFoundException",
}


def no_such_queue() -> AwsError:
    return AwsError("QueueDoesNotExist", "The specified queue does not exist.")


def missing(parameter: str) -> AwsError:
    return AwsError(MISSING, f"The request must contain the parameter {parameter}.")


def invalid(message: str) -> AwsError:
    """InvalidParameterValue, with the whole message."""
    return AwsError("InvalidParameterValueException", message)


def invalid_value(value: object, parameter: str, reason: str) -> AwsError:
    return invalid(f"Value {value} for parameter {parameter} is invalid. Reason: {reason}")


def unknown_attribute(name: str) -> AwsError:
    return AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")


def invalid_attribute(name: str, reason: str = "") -> AwsError:
    why = f" Reason: {reason}" if reason else ""
    return AwsError("InvalidAttributeValue", f"Invalid value for the parameter {name}.{why}")


def over_limit(message: str) -> AwsError:
    return AwsError("OverLimit", message, 403)


def entry_code(error: AwsError) -> str:
    """The code of an error of one entry of a batch: that of Query, in both protocols (recorded)."""
    return QUERY_CODES.get(error.code, error.code)
