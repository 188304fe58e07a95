"""The SQS calls that the provisioner makes, none of which deletes, and SQS's own errors."""

from __future__ import annotations

from typing import Any, Final

from esb_provisioner.servers.errors import ErrorKind, by_code
from esb_provisioner.steps import ApiCall
from esb_schemas.backends import backend

BACKEND: Final = backend("sqs")
CALLS: Final = frozenset(
    {
        "create_queue",
        "get_queue_attributes",
        "get_queue_url",
        "list_queue_tags",
        "list_queues",
        "set_queue_attributes",
        "tag_queue",
    }
)
# Each error has a code of the JSON protocol and one of the Query protocol; boto3 gives either.
KINDS: Final = by_code(
    {
        ErrorKind.MISSING: "AWS.SimpleQueueService.NonExistentQueue QueueDoesNotExist",
        ErrorKind.RACED: "QueueAlreadyExists QueueNameExists",
        ErrorKind.BUSY: "AWS.SimpleQueueService.QueueDeletedRecently QueueDeletedRecently RequestThrottled",
        ErrorKind.INVALID: "InvalidAttributeName InvalidAttributeValue",
    }
)


def api_call(operation: str, **params: Any) -> ApiCall:
    return ApiCall(BACKEND.service, operation, params)


def error_rule(operation: str, code: str, _message: str) -> ErrorKind | None:
    """The missing queue of a CreateQueue is the dead-letter queue that it names."""
    kind = KINDS.get(code)
    return ErrorKind.INVALID if operation == "create_queue" and kind is ErrorKind.MISSING else kind
