"""Changes of a table by UpdateTable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from esb_provisioner.resources.aspect import Aspect
from esb_provisioner.services.dynamodb.calls import api_call
from esb_provisioner.services.dynamodb.definition import Table
from esb_provisioner.services.dynamodb.read import active_table
from esb_provisioner.steps import Answer, Operation, Step, Wait


def updated(table: Table, key: str, desired: str, live: str, changes: Mapping[str, Any]) -> Aspect:
    """An aspect that one UpdateTable repairs."""
    return Aspect(key, desired, live, update(table, key, f"{key}: {live} -> {desired}", changes))


def update(
    table: Table, aspect: str, cause: str, changes: Mapping[str, Any], *, essential: bool = False
) -> tuple[Step, ...]:
    """UpdateTable and a wait: DynamoDB accepts the next one only when the table is ACTIVE again."""
    call = api_call("update_table", TableName=table.name, **changes)
    return Operation(table.resource, aspect, cause, call, essential=essential), wait(table)


def wait(table: Table) -> Wait:
    return Wait(table.resource, api_call("describe_table", TableName=table.name), is_active)


def is_active(answer: Answer) -> bool:
    return active_table(answer) is not None
