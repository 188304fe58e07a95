"""Tags of queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from esb_cloud.aws.service import Call, Result
from esb_cloud.sql.transaction import Transaction
from esb_cloud.sqs.errors import invalid
from esb_cloud.sqs.queues.addresses import queue_of

_MAX_TAGS: Final = 50
_MAX_KEY: Final = 128  # characters
_MAX_VALUE: Final = 256  # characters


def tag_queue(transaction: Transaction, call: Call) -> Result:
    queue = queue_of(transaction, call)
    tags = {**queue.tags, **call.parameters["Tags"]}
    check_tags(tags)
    transaction.queues.update(queue, queue.attributes, tags, queue.modified)
    return {}


def untag_queue(transaction: Transaction, call: Call) -> Result:
    queue = queue_of(transaction, call)
    tags = {key: value for key, value in queue.tags.items() if key not in call.parameters["TagKeys"]}
    transaction.queues.update(queue, queue.attributes, tags, queue.modified)
    return {}


def list_queue_tags(transaction: Transaction, call: Call) -> Result:
    tags = queue_of(transaction, call).tags
    return {"Tags": dict(tags)} if tags else {}


def check_tags(tags: Mapping[str, str]) -> None:
    """Raises AwsError for more or longer tags than a queue may have."""
    if len(tags) > _MAX_TAGS:
        raise invalid(f"Too many tags added for queue. Maximum number of tags is {_MAX_TAGS}.")
    for key, value in tags.items():
        if not 1 <= len(key) <= _MAX_KEY or len(value) > _MAX_VALUE:
            raise invalid(f"Tag keys must be between 1 and {_MAX_KEY} characters, values up to {_MAX_VALUE}.")
