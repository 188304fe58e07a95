"""Warnings about what the chosen engines lack."""

from __future__ import annotations

from typing import Any

import pytest

from esb_generator.errors import Problem
from esb_generator.missing_capabilities import missing_capabilities
from esb_generator.model import Application, ResourceEntry
from esb_generator.values import Mark
from esb_schemas.engines import choose, engines

PLACE = Mark("template.yaml", 41, 7)


def warned(definition: dict[str, Any], **chosen: str) -> list[Problem]:
    table = ResourceEntry("table", "Orders", "orders", PLACE, definition)
    application = Application("shop", "us-east-1", "123456789012", resources={"DynamoDB": (table,)})
    return list(missing_capabilities(application, choose(**chosen)))


@pytest.mark.parametrize("database", engines("dynamodb"))
def test_a_plain_table_needs_nothing_that_an_engine_lacks(database: str) -> None:
    assert warned({"TableName": "orders", "BillingMode": "PAY_PER_REQUEST"}, dynamodb=database) == []


def test_a_warning_says_where_what_and_what_follows() -> None:
    definition = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}

    assert warned(definition, dynamodb="scylladb") == [
        Problem(
            PLACE,
            "Orders (table): scylladb has no point-in-time recovery: there are no backups; copy the volume;"
            " no server that ESB starts has it",
        )
    ]


def test_what_is_switched_off_needs_nothing() -> None:
    definition = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False}}

    assert warned(definition, dynamodb="scylladb") == []
