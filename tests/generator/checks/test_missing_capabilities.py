"""Warnings about what the chosen engines lack."""

from __future__ import annotations

from typing import Any

import pytest

from esb_generator.checks.missing_capabilities import missing_capabilities
from esb_generator.errors import Problem
from esb_generator.model import Application, FolderCode, Function, ResourceEntry
from esb_generator.values import Mark
from esb_schemas import contract
from esb_schemas.engines.table import choose, engines

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
            "Orders (table): scylladb has no point-in-time recovery: there are no backups; esb-provision export makes "
            "one; no server that ESB starts has it",
        )
    ]


def warned_of(function: Function) -> list[str]:
    table = ResourceEntry("table", "Orders", "orders-table", PLACE, {})
    application = Application(
        "shop", "us-east-1", "123456789012", functions=(function,), resources={"DynamoDB": (table,)}
    )
    return [problem.text for problem in missing_capabilities(application, choose())]


def function_with(runtime: str, **environment: str) -> Function:
    entry = contract.Function(handler="app.handler", runtime=runtime, environment=environment)
    return Function("list", "List", PLACE, FolderCode("."), entry)


def test_the_arn_of_a_table_is_a_warning_where_boto3_cannot_send_the_name() -> None:
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/orders-table"

    assert warned_of(function_with("nodejs22.x", TABLE=arn)) == [
        "List (function): its variable TABLE is the ARN of Orders, which dynoxide does not take as TableName;"
        " pass the name, !Ref Orders"
    ]
    assert warned_of(function_with("python3.12", TABLE=arn)) == []


@pytest.mark.parametrize(
    "value",
    [
        "orders-table",
        "arn:aws:dynamodb:us-east-1:123456789012:table/others",
        "arn:aws:dynamodb:us-east-1:123456789012:table/orders-table/stream/2026",
        "see :table/orders-table",
    ],
)
def test_another_value_is_none(value: str) -> None:
    assert warned_of(function_with("nodejs22.x", TABLE=value)) == []


def test_what_is_switched_off_needs_nothing() -> None:
    definition = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False}}

    assert warned(definition, dynamodb="scylladb") == []


@pytest.mark.parametrize(("storage", "warnings"), [("seaweedfs", 0), ("rustfs", 0), ("external", 1)])
def test_a_bucket_that_notifies_needs_a_storage_that_tells_what_changes(storage: str, warnings: int) -> None:
    definition = {"BucketName": "files", "NotificationConfiguration": {"EventBridgeConfiguration": {}}}
    bucket = ResourceEntry("bucket", "Files", "files", PLACE, definition)
    application = Application("shop", "us-east-1", "123456789012", resources={"S3": (bucket,)})
    found = [problem.text for problem in missing_capabilities(application, choose(s3=storage))]
    text = f"Files (bucket): {storage} has no event notifications: nothing is invoked when objects change;"
    assert found == [f"{text} --storage seaweedfs or rustfs has it"] * warnings
