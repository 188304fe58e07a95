"""What cannot be changed in a table that exists: its keys, the types of its attributes, its indexes' keys.

A global index that the file does not name is drift too: deleting it is a person's decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from esb_provisioner.desired import Table
from esb_provisioner.observed import ObservedTable
from esb_provisioner.steps import Drift

ANOTHER_TABLE: Final = "give the table in the file another name, or copy the data away and delete the table"
REMOVE_INDEX: Final = (
    "name the index in the file as it is there, or delete it "
    "(aws dynamodb update-table --global-secondary-index-updates) and run again"
)
LATER: Final = "run again when that has ended"


def drifts(table: Table, seen: ObservedTable) -> Iterator[Drift]:
    """Every such difference."""
    status = seen.description.get("TableStatus", "ACTIVE")
    if status != "ACTIVE":
        yield Drift(table.resource, f"TableStatus is {status}", LATER)
        return
    for check in (keys, attribute_types, local_indexes, global_indexes, stream_view):
        yield from check(table, seen.description)


def keys(table: Table, description: Mapping[str, Any]) -> Iterator[Drift]:
    """The table's own key."""
    yield from differing(table, "KeySchema", key_text(description), key_text(table.definition), ANOTHER_TABLE)


def attribute_types(table: Table, description: Mapping[str, Any]) -> Iterator[Drift]:
    """The types of the attributes that both name; others belong to indexes that come or have gone."""
    there, wanted = types(description), types(table.definition)
    for name in sorted(there.keys() & wanted.keys()):
        yield from differing(table, f"type of attribute {name}", there[name], wanted[name], ANOTHER_TABLE)


def local_indexes(table: Table, description: Mapping[str, Any]) -> Iterator[Drift]:
    """Local indexes are made with the table or never."""
    there, wanted = indexes(description, "Local"), indexes(table.definition, "Local")
    for name in sorted(there.keys() | wanted.keys()):
        before, after = index_text(there.get(name)), index_text(wanted.get(name))
        yield from differing(table, f"local index {name}", before, after, ANOTHER_TABLE)


def global_indexes(table: Table, description: Mapping[str, Any]) -> Iterator[Drift]:
    """A global index can be added, but neither changed nor taken away unasked."""
    wanted = indexes(table.definition, "Global")
    for name, index in sorted(indexes(description, "Global").items()):
        yield from differing(table, f"index {name}", index_text(index), index_text(wanted.get(name)), REMOVE_INDEX)


def stream_view(table: Table, description: Mapping[str, Any]) -> Iterator[Drift]:
    """Another view type needs a new stream, and the old one's unread records would be lost."""
    before = description.get("StreamSpecification", {}).get("StreamViewType")
    after = table.definition.get("StreamSpecification", {}).get("StreamViewType")
    if before and after:
        mend = (
            "turn the stream off (aws dynamodb update-table --stream-specification StreamEnabled=false) and run again"
        )
        yield from differing(table, "StreamViewType", before, after, mend)


def differing(table: Table, what: str, before: str, after: str, mend: str) -> Iterator[Drift]:
    """One drift if the two texts differ."""
    if before != after:
        yield Drift(table.resource, f"{what}: there {before}, in the file {after}", mend)


def types(definition: Mapping[str, Any]) -> dict[str, str]:
    """Attribute types by name."""
    return {each["AttributeName"]: each["AttributeType"] for each in definition.get("AttributeDefinitions", ())}


def indexes(definition: Mapping[str, Any], scope: str) -> dict[str, Mapping[str, Any]]:
    """`Global` or `Local` secondary indexes by name."""
    return {index["IndexName"]: index for index in definition.get(f"{scope}SecondaryIndexes") or ()}


def key_text(definition: Mapping[str, Any]) -> str:
    """A key schema as `pk HASH, sk RANGE`."""
    parts: Iterable[Mapping[str, str]] = definition["KeySchema"]
    return ", ".join(f"{part['AttributeName']} {part['KeyType']}" for part in parts)


def index_text(index: Mapping[str, Any] | None) -> str:
    """An index's key and projection."""
    if index is None:
        return "none"
    projection = index.get("Projection", {})
    attributes = " ".join(sorted(projection.get("NonKeyAttributes", ())))
    return f"{key_text(index)} ({projection.get('ProjectionType', 'ALL')}{' ' if attributes else ''}{attributes})"
