"""Section DynamoDB: the rules of create_table (API reference, CreateTable)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from esb_schemas.checks import Check, repeated
from esb_schemas.errors import DocumentPath, Problem
from esb_schemas.sections.row import Section

Table: TypeAlias = Mapping[str, Any]

INDEX_LISTS: Final = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")


def keyed(table: Table) -> Iterator[tuple[DocumentPath, Mapping[str, Any]]]:
    """Everything that has a KeySchema: the table itself, then its indexes, each with its path."""
    yield (), table
    for name in INDEX_LISTS:
        for index, entry in enumerate(table.get(name, ())):
            yield (name, index), entry


def sort_key(entry: Mapping[str, Any]) -> str | None:
    """The attribute of the sort key, if there is one."""
    return next((key["AttributeName"] for key in entry["KeySchema"] if key["KeyType"] == "RANGE"), None)


def partition_key_first(table: Table) -> Iterator[Problem]:
    """A key is HASH alone, or HASH and then RANGE."""
    for path, entry in keyed(table):
        for index, (key, wanted) in enumerate(zip(entry["KeySchema"], ("HASH", "RANGE"), strict=False)):
            if key["KeyType"] != wanted:
                place = "first" if wanted == "HASH" else "second"
                yield Problem((*path, "KeySchema", index, "KeyType"), f"must be {wanted}, as the {place} of a key is")


def two_attributes(table: Table) -> Iterator[Problem]:
    """Partition key and sort key are two different attributes."""
    for path, entry in keyed(table):
        yield from repeated(entry["KeySchema"], (*path, "KeySchema"), "AttributeName")


def keys_defined(table: Table) -> Iterator[Problem]:
    """Each attribute of a key, of the table and of its indexes, is in AttributeDefinitions."""
    defined = {each["AttributeName"] for each in table["AttributeDefinitions"]}
    for path, entry in keyed(table):
        for index, key in enumerate(entry["KeySchema"]):
            if (name := key["AttributeName"]) not in defined:
                text = f"{name!r} has no type; add it to AttributeDefinitions"
                yield Problem((*path, "KeySchema", index, "AttributeName"), text)


def definitions_used(table: Table) -> Iterator[Problem]:
    """No other attribute is in AttributeDefinitions."""
    used = {key["AttributeName"] for _, entry in keyed(table) for key in entry["KeySchema"]}
    for index, definition in enumerate(table["AttributeDefinitions"]):
        if (name := definition["AttributeName"]) not in used:
            text = f"{name!r} is in no key of the table or of an index, and only those have a type here; remove it"
            yield Problem(("AttributeDefinitions", index, "AttributeName"), text)


def defined_once(table: Table) -> Iterator[Problem]:
    """No attribute is in AttributeDefinitions twice."""
    yield from repeated(table["AttributeDefinitions"], ("AttributeDefinitions",), "AttributeName")


def own_index_names(table: Table) -> Iterator[Problem]:
    """No two indexes of a table, global or local, have the same name."""
    seen: set[str] = set()
    for path, entry in keyed(table):
        name = entry.get("IndexName")
        if name in seen:
            yield Problem((*path, "IndexName"), f"{name!r} is already the name of another index of the table")
        if name is not None:
            seen.add(name)


def local_indexes_share_partition_key(table: Table) -> Iterator[Problem]:
    """A local index has the table's partition key and a sort key; the table has a sort key too."""
    partition_key = table["KeySchema"][0]["AttributeName"]
    for index, entry in enumerate(table.get("LocalSecondaryIndexes", ())):
        path: DocumentPath = ("LocalSecondaryIndexes", index)
        if sort_key(table) is None:
            yield Problem(path, "the table has no sort key (RANGE), so it cannot have a local index; use a global one")
        if entry["KeySchema"][0]["AttributeName"] != partition_key:
            text = f"must be {partition_key!r}, the table's partition key; for another one use a global index"
            yield Problem((*path, "KeySchema", 0, "AttributeName"), text)
        if sort_key(entry) is None:
            yield Problem((*path, "KeySchema"), "a local index needs a sort key (RANGE)")


def throughput_of_its_billing_mode(table: Table) -> Iterator[Problem]:
    """ProvisionedThroughput goes with BillingMode PROVISIONED, OnDemandThroughput with PAY_PER_REQUEST."""
    mode = table.get("BillingMode", "PROVISIONED")
    stranger, other = {
        "PROVISIONED": ("OnDemandThroughput", "PAY_PER_REQUEST"),
        "PAY_PER_REQUEST": ("ProvisionedThroughput", "PROVISIONED"),
    }[mode]
    for path, entry in keyed(table):
        if stranger in entry:
            text = f"has no meaning where BillingMode is {mode}; remove it, or make BillingMode {other}"
            yield Problem((*path, stranger), text)


def own_tags(table: Table) -> Iterator[Problem]:
    """No tag key is there twice."""
    yield from repeated(table.get("Tags", ()), ("Tags",), "Key")


CHECKS: Final[tuple[Check, ...]] = (
    partition_key_first,
    two_attributes,
    own_index_names,
    local_indexes_share_partition_key,
    keys_defined,
    definitions_used,
    defined_once,
    throughput_of_its_billing_mode,
    own_tags,
)

SECTION: Final = Section("DynamoDB", "dynamodb", "TableName", CHECKS, Path(__file__).with_suffix(".json"), always=True)
