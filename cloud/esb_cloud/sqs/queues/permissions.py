"""AddPermission and RemovePermission: they write the attribute Policy, which is stored and shown; every caller with the
stack's credentials may do everything.
"""

from __future__ import annotations

import json
from typing import Any, Final

from esb_cloud.aws.service import Call, Result
from esb_cloud.sql.tables.queues import Queue
from esb_cloud.sql.transaction import Transaction
from esb_cloud.sqs.errors import invalid_value, over_limit
from esb_cloud.sqs.queues.addresses import arn_of, queue_of

_ACTIONS: Final = (
    *("*", "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"),
    *("GetQueueUrl", "ListDeadLetterSourceQueues", "PurgeQueue"),
)
_MAX_ACTIONS: Final = 7
_MAX_STATEMENTS: Final = 20  # SQS developer guide, "Amazon SQS policy quotas"


def add_permission(transaction: Transaction, call: Call) -> Result:
    queue, parameters = queue_of(transaction, call), call.parameters
    label, actions, accounts = parameters["Label"], parameters["Actions"], parameters["AWSAccountIds"]
    if len(actions) > _MAX_ACTIONS:
        raise over_limit(f"{len(actions)} Actions were found, maximum allowed is {_MAX_ACTIONS}.")
    unknown = next((action for action in actions if action not in _ACTIONS), None)
    if unknown is not None:
        reason = f"Only the queue owner is allowed to invoke this action, or it is none of {', '.join(_ACTIONS)}."
        raise invalid_value(f"SQS:{unknown}", "ActionName", reason)
    policy = _policy(call, queue)
    if any(statement.get("Sid") == label for statement in policy["Statement"]):
        raise invalid_value(label, "Label", "Already exists.")
    if len(policy["Statement"]) >= _MAX_STATEMENTS:
        raise over_limit(f"The policy has {_MAX_STATEMENTS} statements, the maximum.")
    policy["Statement"].append(
        {
            "Sid": label,
            "Effect": "Allow",
            "Principal": {"AWS": _one_or_all([call.stack.root_arn(account) for account in accounts])},
            "Action": _one_or_all([f"SQS:{action}" for action in actions]),
            "Resource": arn_of(call.stack, queue.name),
        }
    )
    return _store(transaction, queue, policy)


def remove_permission(transaction: Transaction, call: Call) -> Result:
    queue, label = queue_of(transaction, call), call.parameters["Label"]
    policy = _policy(call, queue)
    left = [statement for statement in policy["Statement"] if statement.get("Sid") != label]
    if len(left) == len(policy["Statement"]):
        raise invalid_value(label, "Label", "can't find label.")
    return _store(transaction, queue, {**policy, "Statement": left})


def _policy(call: Call, queue: Queue) -> dict[str, Any]:
    empty = {"Version": "2008-10-17", "Id": f"{arn_of(call.stack, queue.name)}/SQSDefaultPolicy", "Statement": []}
    found = {**empty, **json.loads(queue.attributes.get("Policy", "{}"))}
    if isinstance(found["Statement"], dict):  # a policy may have one without a list
        found["Statement"] = [found["Statement"]]
    return found


def _store(transaction: Transaction, queue: Queue, policy: dict[str, Any]) -> Result:
    attributes = {name: value for name, value in queue.attributes.items() if name != "Policy"}
    if policy["Statement"]:
        attributes["Policy"] = json.dumps(policy)
    transaction.queues.update(queue, attributes, queue.tags, transaction.wall_ms // 1000)
    return {}


def _one_or_all(texts: list[str]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else texts
