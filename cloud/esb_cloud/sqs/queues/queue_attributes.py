"""The attributes of a queue: which there are, which values they may have, and what they mean to the rest.

AWS: SQS API reference, SetQueueAttributes and GetQueueAttributes. Attributes that can have no effect here (Policy, the
keys of KMS, encryption by SQS itself) are stored and shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from esb_cloud.sql.tables.queues import Queue
from esb_cloud.sqs.errors import invalid_attribute, invalid_value, unknown_attribute
from esb_wire.errors import AwsError
from esb_wire.offload import is_costly

MAX_MESSAGE: Final = 1024 * 1024  # bytes
MAX_VISIBILITY: Final = 43_200  # seconds

# Numbers: the least, the most, the default
_NUMBERS: Final = {
    "DelaySeconds": (0, 900, 0),
    "MaximumMessageSize": (1024, MAX_MESSAGE, MAX_MESSAGE),
    "MessageRetentionPeriod": (60, 1_209_600, 345_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20, 0),
    "VisibilityTimeout": (0, MAX_VISIBILITY, 30),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400, 300),
}
_CHOICES: Final = {
    "FifoQueue": ("true", "false"),
    "ContentBasedDeduplication": ("true", "false"),
    "SqsManagedSseEnabled": ("true", "false"),
    "DeduplicationScope": ("messageGroup", "queue"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
}
_TEXTS: Final = ("Policy", "KmsMasterKeyId")
_POLICIES: Final = ("RedrivePolicy", "RedriveAllowPolicy")
_FIFO_ONLY: Final = ("ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")
_FIFO_DEFAULTS: Final = {
    "FifoQueue": "true",
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoThroughputLimit": "perQueue",
}
_ALWAYS: Final = (
    *("DelaySeconds", "MaximumMessageSize", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds"),
    "VisibilityTimeout",
)
READ_ONLY: Final = (
    *("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"),
    *("CreatedTimestamp", "LastModifiedTimestamp", "QueueArn"),
)
KNOWN: Final = frozenset((*_NUMBERS, *_CHOICES, *_TEXTS, *_POLICIES, *READ_ONLY, "All"))
_BOTH_KINDS_OF_ENCRYPTION: Final = (
    "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE."
)


class Redrive(NamedTuple):
    """The dead-letter queue of messages that were received more often than `most` times."""

    target: str  # ARN
    most: int


def number(queue: Queue, name: str) -> int:
    """The value of a numeric attribute."""
    text = queue.attributes.get(name)
    return _NUMBERS[name][2] if text is None else int(text)


def is_fifo(queue: Queue) -> bool:
    return queue.name.endswith(".fifo")


def is_on(queue: Queue, name: str) -> bool:
    return queue.attributes.get(name) == "true"


def redrive(queue: Queue) -> Redrive | None:
    """The redrive policy, if there is one."""
    text = queue.attributes.get("RedrivePolicy")
    if text is None:
        return None
    policy = json.loads(text)
    return Redrive(policy["deadLetterTargetArn"], int(policy["maxReceiveCount"]))


def may_redrive(target: Queue, source_arn: str) -> bool:
    """Whether the dead-letter queue's RedriveAllowPolicy lets this queue use it."""
    policy = json.loads(target.attributes.get("RedriveAllowPolicy", "{}"))
    match policy.get("redrivePermission", "allowAll"):
        case "denyAll":
            return False
        case "byQueue":
            return source_arn in policy.get("sourceQueueArns", ())
        case _:
            return True


def shown(queue: Queue) -> dict[str, str]:
    """The attributes that can be set, as they are shown: defaults filled in."""
    numbers = {name: str(_NUMBERS[name][2]) for name in _ALWAYS}
    found = {**numbers, **(_FIFO_DEFAULTS if is_fifo(queue) else {}), "SqsManagedSseEnabled": "true"}
    found.update(queue.attributes)
    if "KmsMasterKeyId" not in found:
        found.pop("KmsDataKeyReusePeriodSeconds", None)
    return found


def checked(given: Mapping[str, str], *, fifo: bool) -> dict[str, str]:
    """The given attributes in AWS's own form. An empty text removes an attribute. Raises AwsError."""
    found: dict[str, str] = {}
    for name, value in given.items():
        if name not in KNOWN or name in READ_ONLY or name == "All" or (name == "FifoQueue" and not fifo):
            raise unknown_attribute(name)
        if name in _FIFO_ONLY and not fifo:
            raise AwsError("InvalidAttributeName", _fifo_only(name))
        found[name] = _checked_value(name, value)
    if found.get("KmsMasterKeyId") and found.get("SqsManagedSseEnabled") == "true":
        raise AwsError("InvalidAttributeName", _BOTH_KINDS_OF_ENCRYPTION)
    return found


def merged(now: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """The attributes after a change that was `checked`."""
    found = {**now, **changes}
    if changes.get("KmsMasterKeyId"):
        found["SqsManagedSseEnabled"] = "false"
    elif changes.get("SqsManagedSseEnabled") == "true":
        found["KmsMasterKeyId"] = ""
    return {name: value for name, value in found.items() if value or name not in (*_TEXTS, *_POLICIES)}


def _fifo_only(name: str) -> str:
    if name == "ContentBasedDeduplication":
        return f"Unknown Attribute {name}."
    return f"You can specify the {name} only when FifoQueue is set to true."


def _checked_value(name: str, value: str) -> str:
    if name in _NUMBERS:
        least, most, _default = _NUMBERS[name]
        if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
            raise invalid_attribute(name)
        return str(int(value))
    if name in _CHOICES:
        found = next((choice for choice in _CHOICES[name] if choice.lower() == value.lower()), None)
        if found is None:
            raise invalid_attribute(name)
        if name == "FifoQueue" and found == "false":
            raise invalid_attribute(name, "Modifying queue type is not supported.")
        return found
    if not value or name == "KmsMasterKeyId":
        return value
    document = _document(name, value)
    if name == "RedrivePolicy":
        _check_redrive(value, document)
    elif name == "RedriveAllowPolicy":
        _check_allow(value, document)
    return value


def _document(name: str, text: str) -> dict[str, Any]:
    if is_costly(text):  # AWS's limit, 8 KB, is far below
        raise invalid_value(text[:64], name, "It is too long.")
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise invalid_value(text, name, "Not a JSON object.") if name in _POLICIES else invalid_attribute(name)
    return found


def _check_redrive(text: str, policy: dict[str, Any]) -> None:
    for name in ("maxReceiveCount", "deadLetterTargetArn"):
        if name not in policy:
            reason = f"Redrive policy does not contain mandatory attribute: {name}."
            raise invalid_value(text, "RedrivePolicy", reason)
    if not isinstance(policy["deadLetterTargetArn"], str):
        raise invalid_value(text, "RedrivePolicy", "Invalid value for deadLetterTargetArn.")
    count = str(policy["maxReceiveCount"])
    if not (count.isascii() and count.isdigit() and 1 <= int(count) <= 1000):
        reason = f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both inclusive."
        raise invalid_value(text, "RedrivePolicy", reason)


def _check_allow(text: str, policy: dict[str, Any]) -> None:
    permission, sources = policy.get("redrivePermission"), policy.get("sourceQueueArns")
    if permission not in ("allowAll", "denyAll", "byQueue"):
        raise invalid_value(text, "RedriveAllowPolicy", "redrivePermission must be allowAll, denyAll or byQueue.")
    if permission == "byQueue":
        if not isinstance(sources, list) or not 1 <= len(sources) <= 10:
            raise invalid_value(text, "RedriveAllowPolicy", "byQueue needs 1 to 10 sourceQueueArns.")
    elif sources is not None:
        raise invalid_value(text, "RedriveAllowPolicy", f"sourceQueueArns cannot be given with {permission}.")
