"""Amazon DynamoDB: tables."""

from __future__ import annotations

from esb_generator.cloudformation.resource_values.resource_types import Name, arn, unsupported
from esb_generator.resources.service import SEED, EventSourceType, ResourceType, Service
from esb_generator.services.dynamodb.mappings import POLLED, mappings
from esb_generator.services.dynamodb.mappings import TABLE as KIND
from esb_generator.services.dynamodb.tables import SIMPLE_TABLE, TABLE, simple_table, table

_TABLE_ARN = arn("dynamodb", "table/{name}")
_ATTRIBUTES = {"Arn": _TABLE_ARN, "StreamArn": f"{_TABLE_ARN}/stream/2024-01-01T00:00:00.000"}
_TABLE = ResourceType(
    "AWS::DynamoDB::Table",
    Name("TableName", "{logical_id}", shortest=3, longest=255),
    _ATTRIBUTES,
    kind=KIND,
    deploy_only=frozenset({"StreamArn"}),
    only_these_attributes=True,
    identity=frozenset(
        {"TableName", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"}
    ),
    properties=TABLE,
    without_effect=frozenset({"Tags", "*.KMSMasterKeyId"}),
    esb_keys=frozenset({SEED}),
    polled="StreamArn",
    section="DynamoDB",
    read=table,
)

SERVICE = Service(
    "dynamodb",
    (
        _TABLE,
        _TABLE._replace(
            type="AWS::Serverless::SimpleTable",
            identity=frozenset({"TableName", "PrimaryKey"}),
            properties=SIMPLE_TABLE,
            read=simple_table,
        ),
        ResourceType(
            "AWS::DynamoDB::GlobalTable",
            Name("TableName", "{logical_id}"),
            {**_ATTRIBUTES, "TableId": "{uuid}"},
            support=unsupported("global tables are unsupported; make it an AWS::DynamoDB::Table"),
        ),
    ),
    (EventSourceType(POLLED.event, generates=POLLED.mapping, source=POLLED.property),),
    mappings,
)
