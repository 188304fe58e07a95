"""The SNS calls that the provisioner makes, none of which deletes, and SNS's own errors."""

from __future__ import annotations

from typing import Any, Final

from esb_provisioner.servers.errors import ErrorKind, by_code
from esb_provisioner.steps import ApiCall
from esb_schemas.backends import backend

BACKEND: Final = backend("sns")
CALLS: Final = frozenset(
    {
        "create_topic",
        "get_subscription_attributes",
        "get_topic_attributes",
        "list_subscriptions_by_topic",
        "list_tags_for_resource",
        "list_topics",
        "set_subscription_attributes",
        "set_topic_attributes",
        "subscribe",
        "tag_resource",
    }
)
KINDS: Final = by_code(
    {
        ErrorKind.MISSING: "NotFound NotFoundException ResourceNotFound",
        ErrorKind.BUSY: "ConcurrentAccess Throttled ThrottledException",
        ErrorKind.INVALID: "InvalidParameter",
    }
)


def api_call(operation: str, **params: Any) -> ApiCall:
    return ApiCall(BACKEND.service, operation, params)


def error_rule(_operation: str, code: str, _message: str) -> ErrorKind | None:
    return KINDS.get(code)
