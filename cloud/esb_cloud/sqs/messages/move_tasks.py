"""StartMessageMoveTask, CancelMessageMoveTask, ListMessageMoveTasks, and the moving itself.

A task moves what is in the dead-letter queue when it starts, oldest first, as new messages (SQS developer guide,
"Configuring a dead-letter queue redrive"). It goes on after a restart.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Sequence
from typing import Any, Final

from esb_cloud.aws.service import Call, Result
from esb_cloud.aws.stack import Stack
from esb_cloud.sql.store import Store
from esb_cloud.sql.tables.messages import Message
from esb_cloud.sql.tables.move_tasks import MoveTask
from esb_cloud.sql.tables.queues import Queue
from esb_cloud.sql.transaction import Transaction
from esb_cloud.sqs.errors import invalid, invalid_value
from esb_cloud.sqs.queues.addresses import by_arn
from esb_cloud.sqs.queues.queue_attributes import redrive
from esb_cloud.sqs.wakeup import wake
from esb_wire.errors import AwsError

_MAX_RATE: Final = 500  # messages a second
_AT_ONCE: Final = 100  # messages in one transaction
_INTERVAL: Final = 1.0  # seconds
_NOT_FOUND: Final = "The resource that you specified for the {} parameter doesn't exist."


def start_message_move_task(transaction: Transaction, call: Call) -> Result:
    source_arn, destination_arn = call.parameters["SourceArn"], call.parameters.get("DestinationArn")
    rate = call.parameters.get("MaxNumberOfMessagesPerSecond")
    source = _queue(transaction, call.stack, source_arn, "SourceArn")
    if destination_arn is not None:
        _queue(transaction, call.stack, destination_arn, "DestinationArn")
    if rate is not None and not 1 <= rate <= _MAX_RATE:
        reason = f"MaxNumberOfMessagesPerSecond must be from 1 to {_MAX_RATE}."
        raise invalid_value(rate, "MaxNumberOfMessagesPerSecond", reason)
    if not _is_dead_letter_queue(transaction, source_arn):
        raise invalid("Source queue must be configured as a Dead Letter Queue.")
    if any(task.source == source_arn for task in transaction.move_tasks.running()):
        message = (
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
        )
        raise AwsError("UnsupportedOperation", message)
    content = json.dumps({"taskId": transaction.ids.uuid(), "sourceArn": source_arn})
    handle = base64.b64encode(content.encode()).decode("ascii")
    to_move, last = transaction.queues.size(source), transaction.messages.last_row()
    started = transaction.wall_ms
    transaction.move_tasks.add(
        MoveTask(0, handle, source_arn, destination_arn, rate, "RUNNING", 0, to_move, last, None, started)
    )
    return {"TaskHandle": handle}


def cancel_message_move_task(transaction: Transaction, call: Call) -> Result:
    """CancelMessageMoveTask. What was moved stays where it is."""
    task = transaction.move_tasks.find(call.parameters["TaskHandle"])
    if task is None:
        raise AwsError("ResourceNotFoundException", "Task does not exist.", 404)
    if task.status != "RUNNING":
        raise AwsError("UnsupportedOperation", "Only active tasks can be cancelled.")
    transaction.move_tasks.progress(task, 0, "CANCELLED")
    return {"ApproximateNumberOfMessagesMoved": task.moved}


def list_message_move_tasks(transaction: Transaction, call: Call) -> Result:
    """ListMessageMoveTasks, the newest first."""
    most = call.parameters.get("MaxResults", 1)
    if not 1 <= most <= 10:
        raise invalid_value(most, "MaxResults", "Must be between 1 and 10, if provided.")
    arn = call.parameters["SourceArn"]
    _queue(transaction, call.stack, arn, "SourceArn")
    return {"Results": [_shown(task) for task in transaction.move_tasks.of(arn, most)]}


async def move_messages(store: Store, stack: Stack) -> None:
    """Move what the tasks say, until cancelled: once a second for those with a rate, else at once."""
    while True:
        more = await store.do(lambda transaction: _move_some(transaction, stack))
        if not more:
            await asyncio.sleep(_INTERVAL)


def _move_some(transaction: Transaction, stack: Stack) -> bool:
    """One step of each task; whether one of them is to go on at once."""
    steps = [_step(transaction, stack, task) for task in transaction.move_tasks.running()]
    return True in steps


def _step(transaction: Transaction, stack: Stack, task: MoveTask) -> bool:
    source = by_arn(transaction, stack, task.source)
    if source is None:
        transaction.move_tasks.progress(task, 0, "FAILED", "AWS.SimpleQueueService.NonExistentQueue")
        return False
    limit = task.per_second or _AT_ONCE
    found = transaction.messages.up_to(source, task.last, transaction.now, limit)
    moved, reason = _move(transaction, stack, task, source, found)
    status = "FAILED" if reason else "RUNNING" if len(found) == limit else "COMPLETED"
    if moved or status != "RUNNING":
        transaction.move_tasks.progress(task, moved, status, reason)
    return status == "RUNNING" and task.per_second is None


def _move(
    transaction: Transaction, stack: Stack, task: MoveTask, source: Queue, found: Sequence[Message]
) -> tuple[int, str | None]:
    """The number of moved messages, and the reason why the next one cannot be moved."""
    for moved, message in enumerate(found):
        arn = task.destination or message.source
        if arn is None:
            return moved, "CouldNotDetermineMessageSource"
        target = by_arn(transaction, stack, arn)
        if target is None:
            return moved, "AWS.SimpleQueueService.NonExistentQueue"
        new = (transaction.now, transaction.ids.uuid(), transaction.wall_ms)
        transaction.messages.redrive(message, source, target, new)
        wake(transaction, target)
    return len(found), None


def _queue(transaction: Transaction, stack: Stack, arn: str, parameter: str) -> Queue:
    queue = by_arn(transaction, stack, arn)
    if queue is None:
        raise AwsError("ResourceNotFoundException", _NOT_FOUND.format(parameter), 404)
    return queue


def _is_dead_letter_queue(transaction: Transaction, arn: str) -> bool:
    policies = (redrive(queue) for queue in transaction.queues.all())
    return any(policy is not None and policy.target == arn for policy in policies)


def _shown(task: MoveTask) -> dict[str, Any]:
    found = {
        "TaskHandle": task.handle if task.status == "RUNNING" else None,
        "Status": task.status,
        "SourceArn": task.source,
        "DestinationArn": task.destination,
        "MaxNumberOfMessagesPerSecond": task.per_second,
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.to_move,
        "FailureReason": task.reason,
        "StartedTimestamp": task.started,
    }
    return {name: value for name, value in found.items() if value is not None}
