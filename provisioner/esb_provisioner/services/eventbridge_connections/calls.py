"""The EventBridge calls that the provisioner makes for connections, none of which deletes."""

from __future__ import annotations

from typing import Any, Final

from esb_provisioner.steps import ApiCall
from esb_schemas.backends import backend

BACKEND: Final = backend("events")
CALLS: Final = frozenset(
    {
        "create_api_destination",
        "create_connection",
        "describe_api_destination",
        "describe_connection",
        "list_connections",
        "update_api_destination",
        "update_connection",
    }
)


def api_call(operation: str, **params: Any) -> ApiCall:
    return ApiCall(BACKEND.service, operation, params)
