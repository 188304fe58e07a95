"""Operations on queues: creating, finding, changing and removing them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from esb_cloud.aws.service import Call, Result
from esb_cloud.sql.tables.queues import Queue
from esb_cloud.sql.transaction import Transaction
from esb_cloud.sqs.errors import invalid_value, no_such_queue, unknown_attribute
from esb_cloud.sqs.queues import queue_attributes
from esb_cloud.sqs.queues.addresses import arn_of, by_arn, check_name, queue_of, url_of
from esb_cloud.sqs.queues.tags import check_tags
from esb_cloud.sqs.wakeup import wake
from esb_wire.errors import AwsError

_PURGE_INTERVAL: Final = 60.0  # seconds
_PAGE: Final = 1000


def create_queue(transaction: Transaction, call: Call) -> Result:
    """CreateQueue. The same again is no error; with another value of an attribute it is."""
    name, given = call.parameters["QueueName"], call.parameters.get("Attributes", {})
    tags = call.parameters.get("tags", {})
    fifo = given.get("FifoQueue", "").lower() == "true"
    check_name(name, fifo=fifo)
    attributes = queue_attributes.checked(given, fifo=fifo)
    check_tags(tags)
    existing = transaction.queues.find(name)
    if existing is not None:
        _check_same(existing, attributes)
    else:
        _check_redrive(transaction, call, name, attributes)
        transaction.queues.add(name, queue_attributes.merged({}, attributes), tags, transaction.wall_ms // 1000)
    return {"QueueUrl": url_of(call, name)}


def get_queue_url(transaction: Transaction, call: Call) -> Result:
    """GetQueueUrl. Queues of other accounts are not here."""
    name, owner = call.parameters["QueueName"], call.parameters.get("QueueOwnerAWSAccountId", call.stack.account)
    if owner != call.stack.account or transaction.queues.find(name) is None:
        raise no_such_queue()
    return {"QueueUrl": url_of(call, name)}


def list_queues(transaction: Transaction, call: Call) -> Result:
    """ListQueues. The token is the last name of the page before."""
    names = transaction.queues.names(call.parameters.get("QueueNamePrefix", ""), call.parameters.get("NextToken", ""))
    urls, token = _page(call, names)
    return {**({"QueueUrls": urls} if urls else {}), **token}


def list_dead_letter_source_queues(transaction: Transaction, call: Call) -> Result:
    arn = arn_of(call.stack, queue_of(transaction, call).name)
    after = call.parameters.get("NextToken", "")
    sources = (
        queue.name
        for queue in transaction.queues.all()
        if queue.name > after and (policy := queue_attributes.redrive(queue)) is not None and policy.target == arn
    )
    urls, token = _page(call, sources)
    return {"queueUrls": urls, **token}


def delete_queue(transaction: Transaction, call: Call) -> Result:
    """DeleteQueue. The name can be used again at once, which AWS allows after 60 seconds."""
    queue = queue_of(transaction, call)
    transaction.queues.remove(queue)
    wake(transaction, queue)
    return {}


def purge_queue(transaction: Transaction, call: Call) -> Result:
    queue = queue_of(transaction, call)
    if transaction.now - queue.purged < _PURGE_INTERVAL:
        message = f"Only one PurgeQueue operation on {queue.name} is allowed every 60 seconds."
        raise AwsError("PurgeQueueInProgress", message, 403)
    transaction.queues.purge(queue, transaction.now)
    return {}


def get_queue_attributes(transaction: Transaction, call: Call) -> Result:
    queue = queue_of(transaction, call)
    names = call.parameters.get("AttributeNames", ())
    unknown = next((name for name in names if name not in queue_attributes.KNOWN), None)
    if unknown is not None:
        raise unknown_attribute(unknown)
    if not names:
        return {}
    found = {**queue_attributes.shown(queue), **_read_only(transaction, call, queue, names)}
    wanted = found if "All" in names else {name: found[name] for name in names if name in found}
    return {"Attributes": wanted} if wanted else {}


def set_queue_attributes(transaction: Transaction, call: Call) -> Result:
    queue = queue_of(transaction, call)
    changes = queue_attributes.checked(call.parameters["Attributes"], fifo=queue_attributes.is_fifo(queue))
    _check_redrive(transaction, call, queue.name, changes)
    attributes = queue_attributes.merged(queue.attributes, changes)
    transaction.queues.update(queue, attributes, queue.tags, transaction.wall_ms // 1000)
    wake(transaction, queue)
    return {}


def _page(call: Call, names: Any) -> tuple[list[str], dict[str, str]]:
    """The URLs of a page, and its token if there are more. Only with MaxResults are there pages."""
    most = call.parameters.get("MaxResults")
    if most is not None and not 1 <= most <= _PAGE:
        raise invalid_value(most, "MaxResults", "Must be between 1 and 1000, if provided.")
    found = list(islice(names, _PAGE if most is None else most + 1))
    shown = found[:most]
    token = {"NextToken": shown[-1]} if most is not None and len(found) > most else {}
    return [url_of(call, name) for name in shown], token


def _check_same(existing: Queue, attributes: Mapping[str, str]) -> None:
    present = queue_attributes.shown(existing)
    for name, value in attributes.items():
        if present.get(name, "") != value:
            raise AwsError(
                "QueueNameExists",
                f"A queue already exists with the same name and a different value for attribute {name}",
            )


def _check_redrive(transaction: Transaction, call: Call, name: str, attributes: Mapping[str, str]) -> None:
    """A dead-letter queue must be there, of the same type, and allow it."""
    text = attributes.get("RedrivePolicy")
    if not text:
        return
    queue = Queue(0, name, attributes, {}, 0, 0, 0)
    policy = queue_attributes.redrive(queue)
    target = None if policy is None else by_arn(transaction, call.stack, policy.target)
    if target is None:
        raise invalid_value(text, "RedrivePolicy", "Dead letter target does not exist.")
    if queue_attributes.is_fifo(target) != queue_attributes.is_fifo(queue):
        raise invalid_value(text, "RedrivePolicy", "Dead-letter queue must be same type of queue as the source.")
    if not queue_attributes.may_redrive(target, arn_of(call.stack, name)):
        reason = "Queue does not have permission to use the dead-letter queue: see its RedriveAllowPolicy."
        raise invalid_value(text, "RedrivePolicy", reason)


def _read_only(transaction: Transaction, call: Call, queue: Queue, names: list[str]) -> dict[str, str]:
    found = {
        "CreatedTimestamp": str(queue.created),
        "LastModifiedTimestamp": str(queue.modified),
        "QueueArn": arn_of(call.stack, queue.name),
    }
    if any(name == "All" or name.startswith("Approximate") for name in names):
        depth = transaction.queues.depth(queue, transaction.now)
        found["ApproximateNumberOfMessages"] = str(depth.visible)
        found["ApproximateNumberOfMessagesNotVisible"] = str(depth.in_flight)
        found["ApproximateNumberOfMessagesDelayed"] = str(depth.delayed)
    return found
