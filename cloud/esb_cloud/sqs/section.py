"""Queues of resources.yml, created when the server starts with `--resources FILE`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from esb_cloud.aws.service import call_of
from esb_cloud.aws.stack import Stack
from esb_cloud.sql.transaction import Transaction
from esb_cloud.sqs.queues.queue_operations import create_queue, set_queue_attributes
from esb_cloud.sqs.queues.tags import tag_queue


def create(transaction: Transaction, stack: Stack, entry: Mapping[str, Any]) -> None:
    """Create the queue of an entry; one that is there gets the attributes and tags of the entry. Raises AwsError."""
    call = partial(call_of, stack)
    name, attributes, tags = entry["QueueName"], entry.get("Attributes", {}), entry.get("tags", {})
    if transaction.queues.find(name) is None:
        create_queue(transaction, call(QueueName=name, Attributes=attributes, tags=tags))
        return
    set_queue_attributes(transaction, call(QueueUrl=name, Attributes=attributes))
    tag_queue(transaction, call(QueueUrl=name, Tags=tags))


def order(entries: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Dead-letter queues before the queues that name them."""
    left = {entry["QueueName"]: entry for entry in entries}
    while left:
        ready = [name for name, entry in left.items() if _target(entry) not in left]
        for name in ready or list(left):  # a circle is left to CreateQueue
            yield left.pop(name)


def _target(entry: Mapping[str, Any]) -> str:
    policy = entry.get("Attributes", {}).get("RedrivePolicy")
    try:
        return str(json.loads(policy or "{}").get("deadLetterTargetArn", "")).rpartition(":")[2]
    except ValueError:
        return ""
