"""Compares a queue of the file with the one on the server, and creates it.

Attributes that are not in the file get SQS's defaults, as in CloudFormation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from esb_provisioner.resources.aspect import Aspect
from esb_provisioner.resources.attributes import without_off
from esb_provisioner.resources.policy_text import policy_text
from esb_provisioner.resources.tag_aspect import tag_aspect
from esb_provisioner.services.sqs.calls import api_call
from esb_provisioner.services.sqs.definition import Queue
from esb_provisioner.services.sqs.read import ObservedQueue
from esb_provisioner.steps import ApiCall, Operation, Step

FIFO: Final = "FifoQueue"
REDRIVE: Final = "RedrivePolicy"
POLICIES: Final = (REDRIVE, "RedriveAllowPolicy")
# API reference, CreateQueue. Attributes without a line differ from server to server, or are about encryption.
DEFAULTS: Final[Mapping[str, str]] = {
    "DelaySeconds": "0",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "VisibilityTimeout": "30",
}
FIFO_DEFAULTS: Final[Mapping[str, str]] = {
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoThroughputLimit": "perQueue",
}
FIFO_ONLY: Final = frozenset({FIFO, *FIFO_DEFAULTS})
ANOTHER_QUEUE: Final = "give the queue another name in the template"


def create(queue: Queue) -> Iterator[Step]:
    """CreateQueue with all attributes and tags.

    SQS refuses a redrive policy whose dead-letter queue does not exist yet: the fallback leaves it to the next round.
    """
    attributes = without_off(queue.attributes, FIFO_ONLY)
    needed = {FIFO: "true"} if FIFO in queue.attributes else {}
    if REDRIVE in attributes:
        needed = {key: value for key, value in attributes.items() if key != REDRIVE}
    tags: dict[str, Any] = {"tags": dict(queue.tags)} if queue.tags else {}
    yield Operation(
        queue.resource,
        "QueueName",
        "not found",
        api_call("create_queue", QueueName=queue.name, Attributes=attributes, **tags),
        essential=True,
        creates=True,
        fallback=api_call("create_queue", QueueName=queue.name, Attributes=needed),
    )


def aspects(queue: Queue, seen: ObservedQueue) -> Iterator[Aspect]:
    """FifoQueue, which cannot be changed; the attributes; the tags."""
    yield Aspect(FIFO, is_fifo(queue.attributes), is_fifo(seen.attributes), hint=ANOTHER_QUEUE)
    fifo = is_fifo(queue.attributes) == "true"
    defaults = {**DEFAULTS, **(FIFO_DEFAULTS if fifo else {}), **dict.fromkeys(POLICIES, "")}
    for key, value in sorted({**defaults, **without_off(queue.attributes, FIFO_ONLY)}.items()):
        if key != FIFO:
            yield attribute(queue, seen, key, value)
    yield from tags(queue, seen)


def is_fifo(attributes: Mapping[str, str]) -> str:
    """`true` or `false`; SQS returns the attribute for FIFO queues only."""
    return attributes.get(FIFO, "false").lower()


def attribute(queue: Queue, seen: ObservedQueue, key: str, value: str) -> Aspect:
    """One attribute. The redrive policy is essential: without it, messages are lost after their retention period."""
    if key in POLICIES:
        desired, live = policy_text(value), policy_text(seen.attributes.get(key, ""))
    else:
        desired, live = value, seen.attributes.get(key, FIFO_DEFAULTS.get(key, "not set"))
    call = api_call("set_queue_attributes", QueueUrl=seen.url, Attributes={key: value})
    step = Operation(queue.resource, key, f"{key}: {live} -> {desired}", call, essential=key == REDRIVE)
    return Aspect(key, desired, live, (step,))


def tags(queue: Queue, seen: ObservedQueue) -> Iterator[Aspect]:
    def tag(missing: Mapping[str, str]) -> ApiCall:
        return api_call("tag_queue", QueueUrl=seen.url, Tags=missing)

    yield from tag_aspect(queue.resource, queue.tags, seen.tags, tag, key="tags")
