"""The URL and the ARN of a queue. A URL has the host by which the client calls; only its path is read."""

from __future__ import annotations

import re
from typing import Final

from esb_cloud.aws.service import Call
from esb_cloud.aws.stack import Stack
from esb_cloud.sql.tables.queues import Queue
from esb_cloud.sql.transaction import Transaction
from esb_cloud.sqs.errors import invalid, missing, no_such_queue

_PATH: Final = re.compile(
    r"(?:https?://[^/]*)?/(?P<account>\w+)/(?P<name>[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo)/?"
)


def url_of(call: Call, name: str) -> str:
    return f"{call.base_url}/{call.stack.account}/{name}"


def arn_of(stack: Stack, name: str) -> str:
    return stack.arn("sqs", name)


def queue_of(transaction: Transaction, call: Call) -> Queue:
    """The queue that a call is about: its parameter QueueUrl or, in the Query protocol, the request's path.

    Raises AwsError.
    """
    url = call.parameters.get("QueueUrl") or (call.path if call.path != "/" else "")
    if not url:
        raise missing("QueueUrl")
    return by_url(transaction, url)


def by_url(transaction: Transaction, url: str) -> Queue:
    """The queue with this URL; a bare name will do. Raises AwsError."""
    found = _PATH.fullmatch(url)
    queue = transaction.queues.find(found["name"] if found is not None else url)
    if queue is None:
        raise no_such_queue()
    return queue


def by_arn(transaction: Transaction, stack: Stack, arn: str) -> Queue | None:
    """The queue with this ARN; None if there is none in this stack. The region is not looked at."""
    parts = arn.split(":")
    if len(parts) != 6 or parts[2] != "sqs" or parts[4] != stack.account:
        return None
    return transaction.queues.find(parts[5])


def check_name(name: str, *, fifo: bool) -> None:
    """Raises AwsError for a name that a new queue cannot have."""
    if fifo and not re.fullmatch(r"[A-Za-z0-9_-]{1,75}\.fifo", name, re.ASCII):
        raise invalid(
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
            "must end with .fifo suffix and be 1 to 80 in length."
        )
    if not fifo and not re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name, re.ASCII):
        raise invalid("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.")
