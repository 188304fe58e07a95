"""The steps that create a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from esb_provisioner.services.dynamodb.aspects import recovery, time_to_live
from esb_provisioner.services.dynamodb.calls import api_call
from esb_provisioner.services.dynamodb.definition import Table
from esb_provisioner.services.dynamodb.read import ObservedTable
from esb_provisioner.services.dynamodb.seeding import load, with_mark
from esb_provisioner.services.dynamodb.update import wait
from esb_provisioner.steps import Operation, Step

KEYS: Final = """DeletionProtectionEnabled OnDemandThroughput SSESpecification StreamSpecification TableClass Tags"""
OPTIONAL: Final = frozenset(KEYS.split())


def create(table: Table) -> Iterator[Step]:
    """CreateTable, then the calls that need an ACTIVE table."""
    params = with_mark(table)
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
    new = ObservedTable({})
    for aspect in (*time_to_live(table, new), *recovery(table, new)):
        if aspect.differs:
            yield from aspect.steps
    if table.seed:
        yield load(table, "new table", only_missing=False)
