"""The EventBridge calls that the provisioner makes, none of which deletes, and EventBridge's own errors."""

from __future__ import annotations

from typing import Any, Final

from esb_provisioner.servers.errors import ErrorKind, by_code
from esb_provisioner.steps import ApiCall
from esb_schemas.backends import backend

BACKEND: Final = backend("events")
CALLS: Final = frozenset(
    {
        "create_event_bus",
        "describe_event_bus",
        "list_event_buses",
        "list_rules",
        "list_tags_for_resource",
        "list_targets_by_rule",
        "put_rule",
        "put_targets",
        "remove_targets",
        "tag_resource",
    }
)
KINDS: Final = by_code(
    {
        ErrorKind.RACED: "ConcurrentModificationException ResourceAlreadyExistsException",
        ErrorKind.INVALID: "InvalidEventPatternException",
    }
)


def api_call(operation: str, **params: Any) -> ApiCall:
    return ApiCall(BACKEND.service, operation, params)


def error_rule(_operation: str, code: str, _message: str) -> ErrorKind | None:
    return KINDS.get(code)
