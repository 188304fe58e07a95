"""Differences that cannot be repaired in a table: its keys, the types of its attributes, the keys of its indexes.

A global index that the file does not name is drift too: deleting it is left to the user.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from esb_provisioner.services.dynamodb.definition import Table, indexes
from esb_provisioner.services.dynamodb.read import ObservedTable
from esb_provisioner.steps import Drift

ANOTHER_TABLE: Final = "give the table in the file another name, or copy the data away and delete the table"
REMOVE_INDEX: Final = (
    "name the index in the file as it is there, or delete it "
    "(aws dynamodb update-table --global-secondary-index-updates) and run again"
)
LATER: Final = "run again when that has ended"


def drifts(table: Table, seen: ObservedTable) -> Iterator[Drift]:
    status = seen.description.get("TableStatus", "ACTIVE")
    if status != "ACTIVE":
        yield Drift(table.resource, f"TableStatus is {status}", LATER)
        return
    for check in (keys, attribute_types, local_indexes, global_indexes, stream_view):
        yield from check(table, seen.description)


def keys(table: Table, description: Mapping[str, Any]) -> Iterator[Drift]:
    yield from differing(table, "KeySchema", key_text(description), key_text(table.definition), ANOTHER_TABLE)


def attribute_types(table: Table, description: Mapping[str, Any]) -> Iterator[Drift]:
    """The types of attributes that both sides have; the others belong to new or deleted indexes."""
    there, wanted = types(description), types(table.definition)
    for name in sorted(there.keys() & wanted.keys()):
        yield from differing(table, f"type of attribute {name}", there[name], wanted[name], ANOTHER_TABLE)


def local_indexes(table: Table, description: Mapping[str, Any]) -> Iterator[Drift]:
    """Local indexes can only be created together with the table."""
    there, wanted = indexes(description, "Local"), indexes(table.definition, "Local")
    for name in sorted(there.keys() | wanted.keys()):
        before, after = index_text(there.get(name)), index_text(wanted.get(name))
        yield from differing(table, f"local index {name}", before, after, ANOTHER_TABLE)


def global_indexes(table: Table, description: Mapping[str, Any]) -> Iterator[Drift]:
    """A global index can be added, but not changed; none is deleted unasked."""
    wanted = indexes(table.definition, "Global")
    for name, index in sorted(indexes(description, "Global").items()):
        yield from differing(table, f"index {name}", index_text(index), index_text(wanted.get(name)), REMOVE_INDEX)


def stream_view(table: Table, description: Mapping[str, Any]) -> Iterator[Drift]:
    """Another view type needs a new stream, and the unread records of the old one would be lost."""
    before = description.get("StreamSpecification", {}).get("StreamViewType")
    after = table.definition.get("StreamSpecification", {}).get("StreamViewType")
    if before and after:
        hint = (
            "turn the stream off (aws dynamodb update-table --stream-specification StreamEnabled=false) and run again"
        )
        yield from differing(table, "StreamViewType", before, after, hint)


def differing(table: Table, what: str, before: str, after: str, hint: str) -> Iterator[Drift]:
    if before != after:
        yield Drift(table.resource, f"{what}: there {before}, in the file {after}", hint)


def types(definition: Mapping[str, Any]) -> dict[str, str]:
    return {each["AttributeName"]: each["AttributeType"] for each in definition.get("AttributeDefinitions", ())}


def key_text(definition: Mapping[str, Any]) -> str:
    """A key schema as `pk HASH, sk RANGE`."""
    parts: Iterable[Mapping[str, str]] = definition["KeySchema"]
    return ", ".join(f"{part['AttributeName']} {part['KeyType']}" for part in parts)


def index_text(index: Mapping[str, Any] | None) -> str:
    if index is None:
        return "none"
    projection = index.get("Projection", {})
    attributes = " ".join(sorted(projection.get("NonKeyAttributes", ())))
    return f"{key_text(index)} ({projection.get('ProjectionType', 'ALL')}{' ' if attributes else ''}{attributes})"
