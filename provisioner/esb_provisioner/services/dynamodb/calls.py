"""The DynamoDB calls that the provisioner makes, and DynamoDB's own errors."""

from __future__ import annotations

import re
from typing import Any, Final

from esb_provisioner.servers.errors import ErrorKind
from esb_provisioner.steps import ApiCall
from esb_schemas.backends import backend

BACKEND: Final = backend("dynamodb")
NAMES: Final = """batch_write_item create_table delete_table describe_continuous_backups describe_table
    describe_time_to_live list_tables list_tags_of_resource put_item tag_resource untag_resource
    update_continuous_backups update_table update_time_to_live"""
CALLS: Final = frozenset(NAMES.split())
SAYS_ALREADY: Final = re.compile(r"\balready\b", re.IGNORECASE)
# The answer to an UpdateTable if the server knows none of its parameters.
SAYS_EMPTY: Final = re.compile(r"nothing to update|\brequires? one of\b|\bat least one of\b", re.IGNORECASE)


def api_call(operation: str, **params: Any) -> ApiCall:
    return ApiCall(BACKEND.service, operation, params)


def error_rule(operation: str, code: str, message: str) -> ErrorKind | None:
    if code == "TableAlreadyExistsException":
        return ErrorKind.RACED
    if code == "ConditionalCheckFailedException":
        return ErrorKind.RACED  # an item with this key exists
    if code == "ContinuousBackupsUnavailableException":  # the table is too new for backups
        return ErrorKind.BUSY
    if code.startswith("Validation") and SAYS_EMPTY.search(message):
        return ErrorKind.UNSUPPORTED
    if operation.startswith(("update_", "tag_")) and code == "ResourceNotFoundException":
        return ErrorKind.RACED  # the table or the index has been deleted
    # "TimeToLive is already enabled", "an index which already exists"
    if code.startswith("Validation") and operation.startswith("update_") and SAYS_ALREADY.search(message):
        return ErrorKind.RACED
    return None
