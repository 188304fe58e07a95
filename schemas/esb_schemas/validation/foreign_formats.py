"""Formats of other tools, which get one hint instead of an error about the first unknown key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from esb_schemas.documents.kinds import Kind
from esb_schemas.errors import Problem

FOREIGN: Final = "this is another tool's format; here the tables are a list 'DynamoDB', the buckets a list 'S3'"

TEMPLATE: Final = "this is a template, not the output of `esb build`; run it, and use the file below .esb/config/"

# Top-level keys that show a foreign format, with the message.
FOREIGN_KEYS: Final[Mapping[Kind, Mapping[str, str]]] = {
    "resources": {
        "resources": f"{FOREIGN}, both at the top: rename the keys below 'resources' and move them there",
        "dynamodb": f"{FOREIGN}: rename 'dynamodb' to 'DynamoDB'",
        "tables": f"{FOREIGN}: rename 'tables' to 'DynamoDB'",
        "s3": f"{FOREIGN}: rename 's3' to 'S3'",
        "buckets": f"{FOREIGN}: rename 'buckets' to 'S3'",
        "Resources": TEMPLATE,
    },
    "functions": {"Resources": TEMPLATE},
    "routing": {"Resources": TEMPLATE},
}


def foreign_format(kind: Kind, document: object) -> Problem | None:
    """The problem of the first top-level key that shows a foreign format."""
    messages = FOREIGN_KEYS[kind]
    if not isinstance(document, Mapping):
        return None
    return next((Problem((key,), messages[key]) for key in document if key in messages), None)
