"""SendMessage and SendMessageBatch, and `send`, by which other services add messages in a transaction of theirs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from esb_cloud.aws.service import Call, Result
from esb_cloud.sql.tables.messages import NewMessage
from esb_cloud.sql.tables.queues import Queue
from esb_cloud.sql.transaction import Transaction
from esb_cloud.sqs.errors import invalid, invalid_value, missing
from esb_cloud.sqs.messages import message_attributes
from esb_cloud.sqs.messages.batches import each_entry
from esb_cloud.sqs.messages.message_attributes import Attributes
from esb_cloud.sqs.queues.addresses import queue_of
from esb_cloud.sqs.queues.queue_attributes import is_fifo, is_on, number
from esb_cloud.sqs.wakeup import wake
from esb_wire.errors import AwsError
from esb_wire.function_credentials import function_of, user_id

_DEDUPLICATION: Final = 300.0  # seconds
_SEQUENCE: Final = 10**19  # sequence numbers have 20 digits
IDENTIFIER: Final = re.compile(r"[!-~]{1,128}")
_TRACE_HEADER: Final = "AWSTraceHeader"


class Outgoing(NamedTuple):
    """A message to send. `delay` is in seconds; None is the queue's. `sender` is an access key or an account."""

    body: str
    attributes: Attributes = MappingProxyType({})
    group: str | None = None
    deduplication: str | None = None
    delay: int | None = None
    trace: str | None = None
    sender: str = ""


class SentMessage(NamedTuple):
    """`sequence` is None in a standard queue."""

    message_id: str
    md5: str
    sequence: str | None


def send_message(transaction: Transaction, call: Call) -> Result:
    """SendMessage."""
    queue = queue_of(transaction, call)
    if is_fifo(queue) and call.parameters.get("MessageGroupId") is None:
        raise missing("MessageGroupId")  # in a batch it has another code (recorded)
    _check_identifiers(queue, call.parameters)
    return _send(transaction, call, queue, call.parameters)


def send_message_batch(transaction: Transaction, call: Call) -> Result:
    """SendMessageBatch. What belongs to the queue's type is checked before any message is sent."""
    queue, entries = queue_of(transaction, call), call.parameters.get("Entries", [])

    def send_entry(entry: Mapping[str, Any]) -> Result:
        return _send(transaction, call, queue, entry, in_batch=True)

    for entry in entries:
        _check_identifiers(queue, entry)
    size = sum(_size(entry) for entry in entries)
    return each_entry(call, "SendMessage", send_entry, size)


def send(transaction: Transaction, queue: Queue, message: Outgoing) -> SentMessage:
    """Add a message that is valid; in a FIFO queue, a duplicate is not added again.

    Raises AwsError if there is no room.
    """
    md5 = hashlib.md5(message.body.encode(), usedforsecurity=False).hexdigest()
    system = {"SenderId": message.sender}
    if message.trace:
        system[_TRACE_HEADER] = message.trace
    if message.group is not None:
        system["MessageGroupId"] = message.group
    key = None
    if is_fifo(queue):
        deduplication = message.deduplication or hashlib.sha256(message.body.encode()).hexdigest()
        system["MessageDeduplicationId"] = deduplication
        by_group = queue.attributes.get("DeduplicationScope") == "messageGroup"
        key = f"{deduplication} {message.group}" if by_group else deduplication
        duplicate = transaction.messages.duplicate_of(queue, key, transaction.now)
        if duplicate is not None:
            return SentMessage(duplicate.message_id, md5, sequence_of(duplicate.sequence))
    attributes = message_attributes.dump(message.attributes)
    transaction.take_room(len(message.body.encode()) + len(attributes or ""))
    delay = number(queue, "DelaySeconds") if message.delay is None else message.delay
    sent = transaction.messages.add(
        NewMessage(
            queue=queue.id,
            visible=transaction.now + delay,
            enqueued=transaction.now,
            group=message.group if key is not None else None,
            message_id=transaction.ids.uuid(),
            sent=transaction.wall_ms,
            body=message.body,
            md5=md5,
            attributes=attributes,
            system=json.dumps(system),
        )
    )
    if key is not None:
        transaction.messages.remember(queue, key, transaction.now + _DEDUPLICATION, sent)
    wake(transaction, queue)
    return SentMessage(sent.message_id, md5, sequence_of(sent.sequence) if key is not None else None)


def sequence_of(row: int) -> str:
    """The SequenceNumber of a message by its row."""
    return str(_SEQUENCE + row)


def _sender(call: Call) -> str:
    """SenderId: of a function with credentials of its own `<id>:<function>`, as that of a role's session at AWS."""
    if function_of(call.access_key):
        return user_id(call.access_key, call.stack.account)
    return call.access_key or call.stack.account


def _send(
    transaction: Transaction, call: Call, queue: Queue, entry: Mapping[str, Any], *, in_batch: bool = False
) -> Result:
    attributes, system = entry.get("MessageAttributes", {}), entry.get("MessageSystemAttributes", {})
    _check_message(queue, entry, in_batch=in_batch)
    trace = system.get(_TRACE_HEADER, {}).get("StringValue") or call.trace
    delay = entry.get("DelaySeconds")
    outgoing = Outgoing(
        body=entry["MessageBody"],
        attributes=attributes,
        group=entry.get("MessageGroupId"),
        deduplication=entry.get("MessageDeduplicationId"),
        delay=None if is_fifo(queue) else delay,
        trace=trace,
        sender=_sender(call),
    )
    sent = send(transaction, queue, outgoing)
    result = {"MessageId": sent.message_id, "MD5OfMessageBody": sent.md5}
    if attributes:
        result["MD5OfMessageAttributes"] = message_attributes.md5_of(attributes)
    if system:
        result["MD5OfMessageSystemAttributes"] = message_attributes.md5_of(system)
    if sent.sequence is not None:
        result["SequenceNumber"] = sent.sequence
    return result


def _check_identifiers(queue: Queue, entry: Mapping[str, Any]) -> None:
    """Check the group and the deduplication id; in a batch, one error fails the whole (recorded)."""
    group, deduplication = entry.get("MessageGroupId"), entry.get("MessageDeduplicationId")
    for name, value in (("MessageGroupId", group), ("MessageDeduplicationId", deduplication)):
        if value is not None and not IDENTIFIER.fullmatch(value):
            reason = f"{name} can only include alphanumeric and punctuation characters. 1 to 128 in length."
            raise invalid_value(value, name, reason)
    if not is_fifo(queue):
        if deduplication is not None:
            reason = "The request include parameter that is not valid for this queue type."
            raise invalid_value(deduplication, "MessageDeduplicationId", reason)
        return
    if group is None:
        raise invalid("The request must contain the parameter MessageGroupId.")
    if deduplication is None and not is_on(queue, "ContentBasedDeduplication"):
        raise invalid(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
            "explicitly"
        )


def _check_message(queue: Queue, entry: Mapping[str, Any], *, in_batch: bool) -> None:
    body, attributes = entry.get("MessageBody", ""), entry.get("MessageAttributes", {})
    if not body:
        raise missing("MessageBody")
    character = message_attributes.invalid_character(body)
    if character is not None:
        raise AwsError(
            "InvalidMessageContents",
            f"Invalid binary character '#x{ord(character):X}' was found in the message body, the set of allowed "
            "characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
        )
    message_attributes.check(attributes)
    _check_system(entry.get("MessageSystemAttributes", {}))
    most = number(queue, "MaximumMessageSize")
    if _size(entry) > most:
        what = "cannot be validated" if in_batch else "are invalid"
        raise invalid(f"One or more parameters {what}. Reason: Message must be shorter than {most} bytes.")
    delay = entry.get("DelaySeconds")
    if delay is not None and not 0 <= delay <= 900:
        raise invalid_value(delay, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
    if delay and is_fifo(queue):
        reason = "The request include parameter that is not valid for this queue type."
        raise invalid_value(delay, "DelaySeconds", reason)


def _check_system(system: Attributes) -> None:
    for name in system:
        if name != _TRACE_HEADER:
            raise invalid(f"The message system attribute '{name}' is not one that can be sent.")
    message_attributes.check(system)


def _size(entry: Mapping[str, Any]) -> int:
    """Bytes that count; an attribute that is not valid counts as nothing."""
    try:
        attributes = message_attributes.size_of(entry.get("MessageAttributes", {}))
    except (KeyError, AttributeError):
        attributes = 0
    return len(entry.get("MessageBody", "").encode("utf-8", "surrogatepass")) + attributes
