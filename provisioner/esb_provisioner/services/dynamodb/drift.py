"""Differences of a table that cannot be repaired without losing data: its keys, its local indexes, its stream view."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from esb_provisioner.services.dynamodb.definition import Table
from esb_provisioner.services.dynamodb.description import index_text, indexes, key_attributes, key_text, types
from esb_provisioner.services.dynamodb.read import ObservedTable
from esb_provisioner.steps import Drift

ANOTHER_TABLE: Final = "give the table in the file another name, or copy the data away and delete the table"
LATER: Final = "run again when that has ended"


def drifts(table: Table, seen: ObservedTable) -> Iterator[Drift]:
    status = seen.description.get("TableStatus", "ACTIVE")
    if status != "ACTIVE":
        yield Drift(table.resource, f"TableStatus is {status}", LATER)
        return
    for check in (keys, attribute_types, local_indexes, stream_view):
        yield from check(table, seen.description)


def keys(table: Table, description: Mapping[str, Any]) -> Iterator[Drift]:
    yield from differing(table, "KeySchema", key_text(description), key_text(table.definition), ANOTHER_TABLE)


def attribute_types(table: Table, description: Mapping[str, Any]) -> Iterator[Drift]:
    """The types of attributes in keys of the table and its local indexes; global indexes can be created again."""
    there, wanted = types(description), types(table.definition)
    used = key_attributes(description, *indexes(description, "Local").values())
    for name in sorted(used & there.keys() & wanted.keys()):
        yield from differing(table, f"type of attribute {name}", there[name], wanted[name], ANOTHER_TABLE)


def local_indexes(table: Table, description: Mapping[str, Any]) -> Iterator[Drift]:
    """Local indexes can only be created together with the table."""
    there, wanted = indexes(description, "Local"), indexes(table.definition, "Local")
    for name in sorted(there.keys() | wanted.keys()):
        before, after = index_text(there.get(name)), index_text(wanted.get(name))
        yield from differing(table, f"local index {name}", before, after, ANOTHER_TABLE)


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
