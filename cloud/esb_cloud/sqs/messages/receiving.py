"""ReceiveMessage: what can be received, in which order, and dead letters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from esb_cloud.aws.service import Call, Result, Wait
from esb_cloud.sql.tables.messages import Message
from esb_cloud.sql.tables.queues import Queue
from esb_cloud.sql.transaction import Transaction
from esb_cloud.sqs.errors import invalid_value, over_limit, unknown_attribute
from esb_cloud.sqs.messages import message_attributes, receipts
from esb_cloud.sqs.messages.sending import IDENTIFIER, sequence_of
from esb_cloud.sqs.queues.addresses import arn_of, by_arn, queue_of
from esb_cloud.sqs.queues.queue_attributes import MAX_VISIBILITY, is_fifo, number, redrive
from esb_cloud.sqs.wakeup import key_of, wake

MAX_IN_FLIGHT: Final = 120_000
_MAX_MESSAGES: Final = 10
_MAX_WAIT: Final = 20  # seconds
_ATTEMPT: Final = 300.0  # seconds
_MAX_ROUNDS: Final = 20  # of dead letters in one receive
_SYSTEM_ATTRIBUTES: Final = (
    *("All", "SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp"),
    *("SequenceNumber", "MessageDeduplicationId", "MessageGroupId", "AWSTraceHeader", "DeadLetterQueueSourceArn"),
)


class _Names(NamedTuple):
    """The system attributes and the message attributes that are asked for; see ReceiveMessage's API reference."""

    system: Sequence[str]
    message: Sequence[str]


def receive_message(transaction: Transaction, call: Call) -> Result | Wait:
    """ReceiveMessage."""
    queue, parameters = queue_of(transaction, call), call.parameters
    most = _number(parameters, "MaxNumberOfMessages", 1, (1, _MAX_MESSAGES), "Must be between 1 and 10, if provided.")
    wait = _number(
        parameters,
        "WaitTimeSeconds",
        number(queue, "ReceiveMessageWaitTimeSeconds"),
        (0, _MAX_WAIT),
        "Must be >= 0 and <= 20, if provided.",
    )
    hidden = _number(
        parameters,
        "VisibilityTimeout",
        number(queue, "VisibilityTimeout"),
        (0, MAX_VISIBILITY),
        "Must be between 0 and 43200, if provided.",
    )
    names = _Names(_system_names(parameters), parameters.get("MessageAttributeNames", ()))
    attempt = _attempt(queue, parameters)
    found = transaction.messages.received_by(queue, attempt, transaction.now) if attempt is not None else []
    received = transaction.now
    if found:
        received = found[0].received or received  # as then: its handles are the same
        transaction.messages.hide_again(found, transaction.now + hidden)
    else:
        _check_in_flight(transaction, queue)
        found = _take(transaction, call, queue, most)
        transaction.messages.received(found, transaction.now, transaction.now + hidden, transaction.wall_ms)
    if not found:
        upcoming = transaction.messages.next_visible(queue, transaction.now, fifo=is_fifo(queue))
        retry_in = None if upcoming is None else upcoming - transaction.now
        return Wait(key_of(queue), wait, retry_in, {})  # at once: it must wait before the next signal comes
    if is_fifo(queue):
        transaction.see_durable()
    for group in {message.group for message in found}:
        transaction.messages.refresh_group(queue.id, group)
    if attempt is not None:
        transaction.messages.remember_attempt(queue, attempt, transaction.now + _ATTEMPT, found)
    return {"Messages": [_shown(transaction, queue, message, received, names) for message in found]}


def _attempt(queue: Queue, parameters: Mapping[str, Any]) -> str | None:
    """ReceiveRequestAttemptId, by which a receive whose answer was lost can be made again."""
    attempt: str | None = parameters.get("ReceiveRequestAttemptId")
    if attempt is not None and not is_fifo(queue):
        reason = "The request include parameter that is not valid for this queue type."
        raise invalid_value(attempt, "ReceiveRequestAttemptId", reason)
    if attempt is not None and not IDENTIFIER.fullmatch(attempt):
        reason = "ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to 128 in length."
        raise invalid_value(attempt, "ReceiveRequestAttemptId", reason)
    return attempt


def _check_in_flight(transaction: Transaction, queue: Queue) -> None:
    """Few queues have so many messages that they must be counted."""
    if transaction.queues.size(queue) < MAX_IN_FLIGHT:
        return
    if transaction.messages.in_flight(queue, transaction.now, MAX_IN_FLIGHT) >= MAX_IN_FLIGHT:
        raise over_limit("Too many messages in flight.")


def _take(transaction: Transaction, call: Call, queue: Queue, most: int) -> list[Message]:
    """Messages to hand out. Those that were received too often go to the dead-letter queue."""
    policy = redrive(queue)
    target = None if policy is None else by_arn(transaction, call.stack, policy.target)
    limit = policy.most if policy is not None and target is not None else 2**31
    taken: list[Message] = []
    seen = set[int]()
    for _round in range(_MAX_ROUNDS):
        found = [message for message in _visible(transaction, queue, most) if message.id not in seen]
        if not found:
            break
        for message in found:
            seen.add(message.id)
            if message.receives < limit:
                taken.append(message)
            elif target is not None:
                _bury(transaction, call, queue, target, message)
        if len(taken) >= most or len(seen) == len(taken):  # none was moved: there is no other one
            break
    return taken[:most]


def _visible(transaction: Transaction, queue: Queue, most: int) -> list[Message]:
    now = transaction.now
    oldest = now - number(queue, "MessageRetentionPeriod")
    if not is_fifo(queue):
        return transaction.messages.visible(queue, now, oldest, most)
    found: list[Message] = []
    for group in transaction.messages.visible_groups(queue, now, most):
        found += transaction.messages.visible_in_group(queue, group, now, most - len(found))
        if len(found) == most:
            break
    return [message for message in found if message.enqueued > oldest]


def _bury(transaction: Transaction, call: Call, queue: Queue, target: Queue, message: Message) -> None:
    """In a standard queue the retention period goes on, in a FIFO queue it begins anew.

    The message behind it in a FIFO queue may now be received. If a power cut undid the move, it would be processed
    before this one.
    """
    if is_fifo(queue):
        transaction.write_durably()
    enqueued = transaction.now if is_fifo(target) else message.enqueued
    source = arn_of(call.stack, queue.name)
    transaction.messages.move_dead(message, queue, target, source, (transaction.now, enqueued))
    wake(transaction, target)


def _shown(transaction: Transaction, queue: Queue, message: Message, received: float, names: _Names) -> dict[str, Any]:
    found: dict[str, Any] = {
        "MessageId": message.message_id,
        "ReceiptHandle": receipts.write(queue.id, message.id, message.receives + 1, message.message_id, received),
        "MD5OfBody": message.md5,
        "Body": message.body,
    }
    if names.system:
        system = dict(_system(transaction, queue, message))
        wanted = system if "All" in names.system else {name: system[name] for name in names.system if name in system}
        if wanted:
            found["Attributes"] = wanted
    attributes = message_attributes.load(message.attributes, names.message)
    if attributes:
        found["MessageAttributes"] = attributes
        found["MD5OfMessageAttributes"] = message_attributes.md5_of(attributes)
    return found


def _system(transaction: Transaction, queue: Queue, message: Message) -> Iterator[tuple[str, str]]:
    first = message.first_received or transaction.wall_ms
    yield from json.loads(message.system).items()
    yield "SentTimestamp", str(message.sent)
    yield "ApproximateReceiveCount", str(message.receives + 1)
    yield "ApproximateFirstReceiveTimestamp", str(first)
    if is_fifo(queue):
        yield "SequenceNumber", sequence_of(message.id)
    if message.source is not None:
        yield "DeadLetterQueueSourceArn", message.source


def _system_names(parameters: Mapping[str, Any]) -> list[str]:
    names = [*parameters.get("AttributeNames", ()), *parameters.get("MessageSystemAttributeNames", ())]
    unknown = next((name for name in names if name not in _SYSTEM_ATTRIBUTES), None)
    if unknown is not None:
        raise unknown_attribute(unknown)
    return names


def _number(parameters: Mapping[str, Any], name: str, default: int, limits: tuple[int, int], reason: str) -> int:
    value: int = parameters.get(name, default)
    if not limits[0] <= value <= limits[1]:
        raise invalid_value(value, name, reason)
    return value
