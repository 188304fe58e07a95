"""The plan of a table: the file's definition and the current state give steps or drift. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final

from esb_provisioner.services.dynamodb.calls import api_call
from esb_provisioner.services.dynamodb.definition import Table
from esb_provisioner.services.dynamodb.description import indexes
from esb_provisioner.services.dynamodb.drift import drifts
from esb_provisioner.services.dynamodb.read import ObservedTable, active_table
from esb_provisioner.services.dynamodb.repairs import REPAIRS, recovery, time_to_live, unknown
from esb_provisioner.steps import Answer, Operation, ResourcePlan, Step, Wait

OPTIONAL: Final = frozenset(
    {
        "DeletionProtectionEnabled",
        "OnDemandThroughput",
        "SSESpecification",
        "StreamSpecification",
        "TableClass",
        "Tags",
    }
)
NEW: Final = ObservedTable({})


def plan(table: Table, seen: ObservedTable | None) -> ResourcePlan:
    """What to do about a table; a table that has drifted is not changed at all."""
    if seen is None:
        return ResourcePlan(table.resource, tuple(creation(table)), notes=table.notes)
    if is_changing(seen.description):
        return ResourcePlan(table.resource, (wait(table),))
    if found := tuple(drifts(table, seen)):
        return ResourcePlan(table.resource, drifts=found)
    operations = chain.from_iterable(repair(table, seen) for repair in REPAIRS)
    return ResourcePlan(table.resource, tuple(with_waits(table, operations)), unknown=unknown(table, seen))


def is_changing(description: Mapping[str, Any]) -> bool:
    """Whether another client is changing the table, so that its final state is not visible yet."""
    if description.get("TableStatus") in ("CREATING", "UPDATING"):
        return True
    states = (index.get("IndexStatus") for index in indexes(description, "Global").values())
    return any(state in ("CREATING", "UPDATING", "DELETING") for state in states)


def creation(table: Table) -> Iterator[Step]:
    """CreateTable, then the calls that need an ACTIVE table."""
    params = dict(table.definition)
    essentials = {key: value for key, value in params.items() if key not in OPTIONAL}
    if "GlobalSecondaryIndexes" in essentials:
        essentials["GlobalSecondaryIndexes"] = [
            {key: value for key, value in index.items() if key not in OPTIONAL}
            for index in params["GlobalSecondaryIndexes"]
        ]
    fallback = None if essentials == params else api_call("create_table", **essentials)
    call = api_call("create_table", **params)
    yield Operation(table.resource, "TableName", "not found", call, essential=True, creates=True, fallback=fallback)
    yield wait(table)
    yield from time_to_live(table, NEW)
    yield from recovery(table, NEW)


def with_waits(table: Table, operations: Iterable[Operation]) -> Iterator[Step]:
    """A wait after each UpdateTable: DynamoDB accepts the next one only when the table is ACTIVE again."""
    for operation in operations:
        yield operation
        if operation.call.operation == "update_table":
            yield wait(table)


def wait(table: Table) -> Wait:
    return Wait(table.resource, api_call("describe_table", TableName=table.name), is_active)


def is_active(answer: Answer) -> bool:
    return active_table(answer) is not None
