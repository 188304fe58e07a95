"""The steps that delete a table with its items."""

from __future__ import annotations

from collections.abc import Iterator

from esb_provisioner.services.dynamodb.calls import api_call
from esb_provisioner.services.dynamodb.definition import Table
from esb_provisioner.steps import Operation, Step, Wait


def delete(table: Table) -> Iterator[Step]:
    """DeleteTable, and a wait until the table is gone and its name free."""
    call = api_call("delete_table", TableName=table.name)
    yield Operation(table.resource, "reset", "--reset-table", call, essential=True, creates=True)
    yield Wait(table.resource, api_call("describe_table", TableName=table.name), lambda _answer: False, gone=True)
