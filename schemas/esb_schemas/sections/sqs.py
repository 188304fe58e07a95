"""Section SQS: the rules of create_queue (API reference, CreateQueue; developer guide, dead-letter queues)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from esb_schemas.documents.checks import Check
from esb_schemas.errors import DocumentPath, Problem
from esb_schemas.sections.row import Section

Queue: TypeAlias = Mapping[str, Any]

SUFFIX: Final = ".fifo"
RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86400),
    "MaximumMessageSize": (1024, 1048576),
    "MessageRetentionPeriod": (60, 1209600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43200),
}
"""The lowest and the highest value of each attribute that is a number."""
MAX_RECEIVES: Final = 1000
MAX_DIGITS: Final = 18
PERMISSIONS: Final = ("allowAll", "byQueue", "denyAll")
MAX_SOURCE_QUEUES: Final = 10
FIFO_ONLY: Final = ("ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")
DEFAULT_VISIBILITY_TIMEOUT: Final = 30  # seconds


def is_on(value: object) -> bool:
    """Whether a switch, which may be text, is on."""
    return value in (True, "true")


def is_fifo(queue: Queue) -> bool:
    """Whether a queue is a FIFO queue."""
    return is_on(queue.get("Attributes", {}).get("FifoQueue"))


def queue_of(arn: str) -> str | None:
    """The name in the ARN of a queue; None for any other text."""
    parts = arn.split(":")
    return parts[5] if len(parts) == 6 and parts[0] == "arn" and parts[2] == "sqs" and parts[5] else None


def redrive_policy(queue: Queue) -> Mapping[str, Any] | None:
    """The redrive policy, if there is a valid one."""
    policy = json_object(queue.get("Attributes", {}).get("RedrivePolicy"))
    return None if policy is None or list(redrive_policy_problems(policy)) else policy


def json_object(text: object) -> Mapping[str, Any] | None:
    """The JSON object in a text; None if there is no text, or something else in it."""
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def attributes_in_range(queue: Queue) -> Iterator[Problem]:
    """The numbers among the attributes are in the ranges that SQS accepts."""
    attributes = queue.get("Attributes", {})
    for key, (low, high) in RANGES.items():
        if key in attributes and not low <= int(attributes[key]) <= high:
            yield _of_attribute(key, f"must be a whole number from {low} to {high}, not {attributes[key]}")


def fifo_name(queue: Queue) -> Iterator[Problem]:
    """The name of a FIFO queue ends in .fifo, and no other name does."""
    name = queue["QueueName"]
    if is_fifo(queue) and not name.endswith(SUFFIX):
        yield Problem(("QueueName",), f"the name of a FIFO queue ends in {SUFFIX}; use {name + SUFFIX!r}")
    elif not is_fifo(queue) and name.endswith(SUFFIX):
        yield Problem(("QueueName",), f"a name that ends in {SUFFIX} needs the attribute FifoQueue: 'true'")


def fifo_attributes(queue: Queue) -> Iterator[Problem]:
    """Attributes of FIFO queues are given for no other queue; perMessageGroupId needs the scope messageGroup."""
    attributes = queue.get("Attributes", {})
    for key in FIFO_ONLY:
        if key in attributes and not is_fifo(queue) and attributes[key] not in (False, "false"):
            yield _of_attribute(key, "is for FIFO queues only; remove it, or set FifoQueue to 'true'")
    by_group = attributes.get("FifoThroughputLimit") == "perMessageGroupId"
    if by_group and is_fifo(queue) and attributes.get("DeduplicationScope") != "messageGroup":
        yield _of_attribute("FifoThroughputLimit", "perMessageGroupId needs DeduplicationScope messageGroup")


def one_kind_of_encryption(queue: Queue) -> Iterator[Problem]:
    """A queue has a KMS key or SqsManagedSseEnabled, not both."""
    attributes = queue.get("Attributes", {})
    if is_on(attributes.get("SqsManagedSseEnabled")) and attributes.get("KmsMasterKeyId"):
        yield _of_attribute("SqsManagedSseEnabled", "cannot go with KmsMasterKeyId; remove one of them")


def redrive_is_valid(queue: Queue) -> Iterator[Problem]:
    """RedrivePolicy is JSON with the ARN of a queue as deadLetterTargetArn, and maxReceiveCount from 1 to 1000."""
    yield from _of_policy(queue, "RedrivePolicy", redrive_policy_problems)


def allow_policy_is_valid(queue: Queue) -> Iterator[Problem]:
    """RedriveAllowPolicy is JSON with redrivePermission; with byQueue, sourceQueueArns has 1 to 10 ARNs of queues."""
    yield from _of_policy(queue, "RedriveAllowPolicy", allow_policy_problems)


def redrive_policy_problems(policy: Mapping[str, Any]) -> Iterator[str]:
    """The problems of a redrive policy's content."""
    yield from _unknown(policy, ("deadLetterTargetArn", "maxReceiveCount"))
    target, count = policy.get("deadLetterTargetArn"), policy.get("maxReceiveCount")
    if not isinstance(target, str) or queue_of(target) is None:
        yield f"deadLetterTargetArn must be the ARN of a queue, not {json.dumps(target)}"
    if not 1 <= _number(count) <= MAX_RECEIVES:
        yield f"maxReceiveCount must be a whole number from 1 to {MAX_RECEIVES}, not {json.dumps(count)}"


def allow_policy_problems(policy: Mapping[str, Any]) -> Iterator[str]:
    """The problems of a redrive allow policy's content."""
    yield from _unknown(policy, ("redrivePermission", "sourceQueueArns"))
    permission, sources = policy.get("redrivePermission"), policy.get("sourceQueueArns")
    if permission not in PERMISSIONS:
        yield f"redrivePermission must be {', '.join(PERMISSIONS)}, not {json.dumps(permission)}"
    elif permission != "byQueue":
        if sources is not None:
            yield "sourceQueueArns goes with redrivePermission byQueue only; remove it"
    elif not isinstance(sources, list) or not 1 <= len(sources) <= MAX_SOURCE_QUEUES:
        yield f"redrivePermission byQueue needs 1 to {MAX_SOURCE_QUEUES} sourceQueueArns"
    elif wrong := [each for each in sources if not isinstance(each, str) or queue_of(each) is None]:
        yield f"sourceQueueArns must be ARNs of queues, not {json.dumps(wrong[0])}"


def redrive_target(document: Mapping[str, Any]) -> Iterator[Problem]:
    """The dead-letter queue is another queue of the file, of the same type, and its RedriveAllowPolicy allows it."""
    queues = {queue["QueueName"]: queue for queue in document.get("SQS", ())}
    for index, queue in enumerate(document.get("SQS", ())):
        policy = redrive_policy(queue)
        if policy is not None and (problem := _target_problem(queue, f"{policy['deadLetterTargetArn']}", queues)):
            yield Problem(("SQS", index, "Attributes", "RedrivePolicy"), problem)


def _target_problem(queue: Queue, arn: str, queues: Mapping[str, Queue]) -> str:
    target = queues.get(queue_of(arn) or "")
    if target is None:
        return f"{arn} is not a queue of this file; add it, or name another dead-letter queue"
    name, other = target["QueueName"], queue["QueueName"]
    if is_fifo(target) != is_fifo(queue):
        kind = "FIFO" if is_fifo(queue) else "standard"
        return f"{name} cannot be the dead-letter queue of {other}: that of a {kind} queue is a {kind} queue"
    allowed = json_object(target.get("Attributes", {}).get("RedriveAllowPolicy")) or {"redrivePermission": "allowAll"}
    names = [queue_of(f"{each}") for each in allowed.get("sourceQueueArns") or ()]
    if allowed.get("redrivePermission") == "denyAll" or ("sourceQueueArns" in allowed and other not in names):
        return f"the RedriveAllowPolicy of {name} does not allow {other}; add it there"
    return ""


def _of_policy(queue: Queue, key: str, problems: Any) -> Iterator[Problem]:
    text = queue.get("Attributes", {}).get(key)
    if text is None:
        return
    policy = json_object(text)
    if policy is None:
        yield _of_attribute(key, "must be the JSON text of an object")
        return
    yield from (_of_attribute(key, problem) for problem in problems(policy))


def _of_attribute(key: str, text: str) -> Problem:
    path: DocumentPath = ("Attributes", key)
    return Problem(path, text)


def _unknown(policy: Mapping[str, Any], known: tuple[str, ...]) -> Iterator[str]:
    for key in policy:
        if key not in known:
            yield f"has no key {key}; it has {' and '.join(known)}"


def _number(value: object) -> int:
    """A whole number, which SQS also accepts as text; -1 for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


CHECKS: Final[tuple[Check, ...]] = (
    attributes_in_range,
    fifo_name,
    fifo_attributes,
    one_kind_of_encryption,
    redrive_is_valid,
    allow_policy_is_valid,
)

SECTION: Final = Section(
    "SQS", "sqs", "QueueName", CHECKS, Path(__file__).with_suffix(".json"), whole_checks=(redrive_target,)
)
