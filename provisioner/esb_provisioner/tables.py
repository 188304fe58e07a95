"""The plan of one table. Pure: what the file says and what was seen go in, steps or drift come out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, Final

from esb_provisioner.desired import Table
from esb_provisioner.observed import ObservedTable, Unreadable
from esb_provisioner.steps import Call, Operation, ResourcePlan, Step, Wait
from esb_provisioner.table_drift import drifts
from esb_provisioner.table_repairs import REPAIRS, recovery, time_to_live, unknown

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


def plan_table(table: Table, seen: ObservedTable | Unreadable | None) -> ResourcePlan:
    """What there is to do about a table; one that has drifted is left entirely alone."""
    match seen:
        case None:
            return ResourcePlan(table.resource, tuple(creation(table)), notes=table.notes)
        case Unreadable(reason):
            return ResourcePlan(table.resource, unreadable=reason)
        case ObservedTable(description) if changing(description):
            return ResourcePlan(table.resource, (wait(table),))
        case ObservedTable():
            if found := tuple(drifts(table, seen)):
                return ResourcePlan(table.resource, drifts=found)
            steps = chain.from_iterable(repair(table, seen) for repair in REPAIRS)
            return ResourcePlan(table.resource, settled(table, steps), unknown=unknown(table, seen))


def changing(description: Mapping[str, Any]) -> bool:
    """Whether somebody else is at work on the table: what it will be is not to be seen yet."""
    indexes = description.get("GlobalSecondaryIndexes", [])
    states = [description.get("TableStatus"), *(index.get("IndexStatus") for index in indexes)]
    return any(state in ("CREATING", "UPDATING") for state in states)


def creation(table: Table) -> Iterator[Step]:
    """CreateTable, then what has a call of its own and needs an ACTIVE table."""
    params = dict(table.definition)
    essentials = {key: value for key, value in params.items() if key not in OPTIONAL}
    if "GlobalSecondaryIndexes" in essentials:
        essentials["GlobalSecondaryIndexes"] = [
            {key: value for key, value in index.items() if key not in OPTIONAL}
            for index in params["GlobalSecondaryIndexes"]
        ]
    bare = None if essentials == params else Call("create_table", essentials)
    yield Operation(table.resource, "TableName", "not found", Call("create_table", params), essential=True, bare=bare)
    yield wait(table)
    yield from time_to_live(table, NEW)
    yield from recovery(table, NEW)


def settled(table: Table, operations: Iterator[Operation]) -> tuple[Step, ...]:
    """The operations with a wait after each UpdateTable: DynamoDB takes one at a time."""
    steps: list[Step] = []
    for operation in operations:
        steps.append(operation)
        if operation.call.operation == "update_table":
            steps.append(wait(table))
    return tuple(steps)


def wait(table: Table) -> Wait:
    """Until the table and its indexes are ACTIVE."""
    return Wait(table.resource, Call("describe_table", {"TableName": table.name}))
