"""Global indexes: those that are not in the file are deleted, those that differ are deleted and created again.

An index is a copy of the table's items, so no data is lost, but a new index cannot be queried until it is ACTIVE. An
index with a wider projection than the file's is kept, because it serves the same queries: ScyllaDB always projects ALL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from esb_provisioner.resources.aspect import Aspect
from esb_provisioner.services.dynamodb.definition import Table
from esb_provisioner.services.dynamodb.description import (
    billing_mode,
    index_text,
    indexes,
    key_attributes,
    key_text,
    types,
)
from esb_provisioner.services.dynamodb.read import ObservedTable
from esb_provisioner.services.dynamodb.update import update
from esb_provisioner.steps import Step


def deleted_indexes(table: Table, seen: ObservedTable) -> Iterator[Aspect]:
    """One UpdateTable for each. It is not essential: an index that a server cannot delete does no harm."""
    wanted = indexes(table.definition, "Global")
    for name, index in sorted(indexes(seen.description, "Global").items()):
        if reason := difference(table, seen.description, name):
            what = f"index {name}" if name in wanted else f"deletion of index {name}"
            changes = {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]}
            steps = update(table, what, f"index {name}: deleted, {reason}", changes)
            yield Aspect(f"index {name}", index_text(wanted.get(name)), index_text(index), steps, same=False)


def global_indexes(table: Table, seen: ObservedTable) -> Iterator[Aspect]:
    """One UpdateTable for each index that is missing or was deleted: DynamoDB creates one index at a time."""
    there, kept = indexes(seen.description, "Global"), kept_indexes(table, seen.description)
    used = key_attributes(table.definition, *indexes(table.definition, "Local").values(), *kept.values())
    for name, index in indexes(table.definition, "Global").items():
        used |= key_attributes(index)
        steps = created(table, seen, index, used, "created again" if name in there else "not found")
        yield Aspect(f"index {name}", index_text(index), index_text(there.get(name)), steps, same=name in kept)


def created(
    table: Table, seen: ObservedTable, index: Mapping[str, Any], used: set[str], cause: str
) -> tuple[Step, ...]:
    """The steps that create an index; `used` are the attributes of all keys by then."""
    attributes = [each for each in table.definition["AttributeDefinitions"] if each["AttributeName"] in used]
    if "BillingMode" in table.assumed and billing_mode(seen.description) == "PAY_PER_REQUEST":
        index = {key: value for key, value in index.items() if key != "ProvisionedThroughput"}
    changes = {"AttributeDefinitions": attributes, "GlobalSecondaryIndexUpdates": [{"Create": index}]}
    name = f"index {index['IndexName']}"
    return update(table, name, f"{name}: {cause}", changes, essential=True)


def kept_indexes(table: Table, description: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The indexes on the server that match the file, apart from their throughput."""
    there = indexes(description, "Global")
    return {name: index for name, index in there.items() if difference(table, description, name) is None}


def difference(table: Table, description: Mapping[str, Any], name: str) -> str | None:
    """The difference between an index on the server and the file's, None if there is none."""
    there, wanted = indexes(description, "Global")[name], indexes(table.definition, "Global").get(name)
    if wanted is None:
        return "not in the file"
    if key_text(there) != key_text(wanted) or not projects(there, wanted):
        return f"the server has {index_text(there)}, the file has {index_text(wanted)}"
    before, after = types(description), types(table.definition)
    for key in sorted(key_attributes(there)):
        if before.get(key) not in (None, after[key]):
            return f"type of attribute {key}: the server has {before[key]}, the file has {after[key]}"
    return None


def projects(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether an index has all attributes that the other projects."""
    before, after = projection(there), projection(wanted)
    return before is None or (after is not None and after <= before)


def projection(index: Mapping[str, Any]) -> set[str] | None:
    """The projected non-key attributes; None means all."""
    given = index.get("Projection", {})
    return None if given.get("ProjectionType", "ALL") == "ALL" else set(given.get("NonKeyAttributes", ()))
