"""Section DynamoDB: the rules of create_table (API reference, CreateTable)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from esb_schemas.documents.checks import Check, repeated, unique_tags
from esb_schemas.errors import DocumentPath, Problem
from esb_schemas.sections.row import Section

Table: TypeAlias = Mapping[str, Any]

INDEX_LISTS: Final = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")


def keyed(table: Table) -> Iterator[tuple[DocumentPath, Mapping[str, Any]]]:
    """The table, then its indexes, each with its path: everything that has a KeySchema."""
    yield (), table
    for name in INDEX_LISTS:
        for index, entry in enumerate(table.get(name, ())):
            yield (name, index), entry


def sort_key(entry: Mapping[str, Any]) -> str | None:
    """The attribute of the sort key, if any."""
    return next((key["AttributeName"] for key in entry["KeySchema"] if key["KeyType"] == "RANGE"), None)


def partition_key_first(table: Table) -> Iterator[Problem]:
    """A key is HASH, or HASH and then RANGE."""
    for path, entry in keyed(table):
        for index, (key, wanted) in enumerate(zip(entry["KeySchema"], ("HASH", "RANGE"), strict=False)):
            if key["KeyType"] != wanted:
                yield Problem(
                    (*path, "KeySchema", index, "KeyType"), f"must be {wanted}: a key is HASH, or HASH and then RANGE"
                )


def two_attributes(table: Table) -> Iterator[Problem]:
    """Partition key and sort key are different attributes."""
    for path, entry in keyed(table):
        yield from repeated(entry["KeySchema"], (*path, "KeySchema"), "AttributeName")


def keys_defined(table: Table) -> Iterator[Problem]:
    """AttributeDefinitions has every attribute of a key of the table or an index."""
    defined = {each["AttributeName"] for each in table["AttributeDefinitions"]}
    for path, entry in keyed(table):
        for index, key in enumerate(entry["KeySchema"]):
            if (name := key["AttributeName"]) not in defined:
                text = f"{name!r} has no type; add it to AttributeDefinitions"
                yield Problem((*path, "KeySchema", index, "AttributeName"), text)


def definitions_used(table: Table) -> Iterator[Problem]:
    """AttributeDefinitions has no other attribute."""
    used = {key["AttributeName"] for _, entry in keyed(table) for key in entry["KeySchema"]}
    for index, definition in enumerate(table["AttributeDefinitions"]):
        if (name := definition["AttributeName"]) not in used:
            text = f"{name!r} is not in any key of the table or an index; remove it, only keys are defined"
            yield Problem(("AttributeDefinitions", index, "AttributeName"), text)


def defined_once(table: Table) -> Iterator[Problem]:
    """AttributeDefinitions has each attribute once."""
    yield from repeated(table["AttributeDefinitions"], ("AttributeDefinitions",), "AttributeName")


def unique_index_names(table: Table) -> Iterator[Problem]:
    """The indexes of a table have different names."""
    seen: set[str] = set()
    for path, entry in keyed(table):
        name = entry.get("IndexName")
        if name in seen:
            yield Problem((*path, "IndexName"), f"{name!r} is already the name of another index of the table")
        if name is not None:
            seen.add(name)


def local_indexes_share_partition_key(table: Table) -> Iterator[Problem]:
    """A local index has the partition key of the table and a sort key; the table also has a sort key."""
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


def throughput_of_billing_mode(table: Table) -> Iterator[Problem]:
    """ProvisionedThroughput needs BillingMode PROVISIONED, OnDemandThroughput PAY_PER_REQUEST."""
    mode = table.get("BillingMode", "PROVISIONED")
    wrong, other = {
        "PROVISIONED": ("OnDemandThroughput", "PAY_PER_REQUEST"),
        "PAY_PER_REQUEST": ("ProvisionedThroughput", "PROVISIONED"),
    }[mode]
    for path, entry in keyed(table):
        if wrong in entry:
            text = f"cannot go with BillingMode {mode}; remove it, or set BillingMode to {other}"
            yield Problem((*path, wrong), text)


CHECKS: Final[tuple[Check, ...]] = (
    partition_key_first,
    two_attributes,
    unique_index_names,
    local_indexes_share_partition_key,
    keys_defined,
    definitions_used,
    defined_once,
    throughput_of_billing_mode,
    unique_tags,
)

SECTION: Final = Section("DynamoDB", "dynamodb", "TableName", CHECKS, Path(__file__).with_suffix(".json"), always=True)
