"""Sending to a queue in the transaction of a service: what SendMessage would refuse is refused here, too."""

from __future__ import annotations

from typing import NamedTuple

from esb_cloud.aws.stack import Stack
from esb_cloud.sql.transaction import Transaction
from esb_cloud.sqs.messages.message_attributes import check, invalid_character, size_of
from esb_cloud.sqs.messages.sending import IDENTIFIER, Outgoing, send
from esb_cloud.sqs.queues.addresses import by_arn
from esb_cloud.sqs.queues.queue_attributes import is_fifo, is_on, number
from esb_wire.errors import AwsError


class Refusal(NamedTuple):
    """The error of a message that no retry can send."""

    code: str
    message: str


def enqueue(transaction: Transaction, stack: Stack, arn: str, message: Outgoing) -> Refusal | None:
    """Send a message to the queue with this ARN; None says that it was sent. Raises AwsError if there is no room."""
    queue = by_arn(transaction, stack, arn)
    if queue is None:
        return Refusal("NO_RESOURCE", f"The queue {arn} does not exist.")
    try:
        check(message.attributes)
    except AwsError as error:
        return Refusal(error.code, str(error))
    if not message.body or invalid_character(message.body) is not None:
        return Refusal("InvalidMessageContents", "The message is empty, or has a character that queues do not take.")
    most = number(queue, "MaximumMessageSize")
    if len(message.body.encode()) + size_of(message.attributes) > most:
        return Refusal("InvalidParameterValue", f"Message must be shorter than {most} bytes.")
    if is_fifo(queue):
        if message.group is None:
            return Refusal("MissingParameter", "The request must contain the parameter MessageGroupId.")
        if IDENTIFIER.fullmatch(message.group) is None:  # it may come from an event
            return Refusal(
                "InvalidParameterValue", "MessageGroupId can only include 1 to 128 letters, digits and signs."
            )
        if message.deduplication is None and not is_on(queue, "ContentBasedDeduplication"):
            return Refusal("InvalidParameterValue", f"The queue {arn} has no ContentBasedDeduplication.")
    send(transaction, queue, message._replace(sender=message.sender or stack.account))
    return None
