"""AWS::DynamoDB::Table and AWS::Serverless::SimpleTable as entries of resources.yml, in boto3's shapes.

Property names are those of "AWS::DynamoDB::Table" in the CloudFormation template reference, results those of the
DynamoDB API's CreateTable, UpdateTimeToLive and UpdateContinuousBackups.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from esb_generator.resources.nodes import (
    SILENT,
    Dropped,
    Field,
    Node,
    Shape,
    check_keys,
    each,
    flag,
    integer,
    matching,
    names,
    one_of,
    read_shape,
    shaped,
    text,
)
from esb_generator.resources.stack import Resource, Stack
from esb_generator.resources.tags import tags
from esb_schemas.lazy_pattern import LazyPattern

_KEY: Shape = {
    "AttributeName": Field(text, required=True),
    "KeyType": Field(one_of("HASH", "RANGE"), required=True),
}
_ATTRIBUTE: Shape = {
    "AttributeName": Field(text, required=True),
    "AttributeType": Field(one_of("S", "N", "B"), required=True),
}
_THROUGHPUT: Shape = {
    "ReadCapacityUnits": Field(integer(1), required=True),
    "WriteCapacityUnits": Field(integer(1), required=True),
}
_ON_DEMAND: Shape = {"MaxReadRequestUnits": Field(integer(1)), "MaxWriteRequestUnits": Field(integer(1))}
_PROJECTION: Shape = {
    "ProjectionType": Field(one_of("ALL", "KEYS_ONLY", "INCLUDE"), required=True),
    "NonKeyAttributes": Field(each(text)),
}
_NAME = LazyPattern(r"[A-Za-z0-9_.-]{3,255}")
_NAME_RULE = "must be 3 to 255 letters, digits, -, _ and ."
_INDEX: Shape = {
    "IndexName": Field(matching(_NAME, _NAME_RULE), required=True),
    "KeySchema": Field(each(shaped(_KEY)), required=True),
    "Projection": Field(shaped(_PROJECTION), required=True),
}
_GLOBAL_INDEX: Shape = {
    **_INDEX,
    "ProvisionedThroughput": Field(shaped(_THROUGHPUT)),
    "OnDemandThroughput": Field(shaped(_ON_DEMAND)),
    "WarmThroughput": SILENT,
    "ContributorInsightsSpecification": SILENT,
}
_ENCRYPTION: Shape = {
    "SSEEnabled": Field(flag, "Enabled", required=True),
    "SSEType": Field(one_of("AES256", "KMS")),
    "KMSMasterKeyId": Field(text),
}
_RECOVERY: Shape = {
    "PointInTimeRecoveryEnabled": Field(flag, required=True),
    "RecoveryPeriodInDays": Field(integer(1, 35)),
}


def _stream(node: Node) -> dict[str, Any]:
    shape: Shape = {
        "StreamViewType": Field(one_of("NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"), required=True),
        "ResourcePolicy": SILENT,
        "Tags": SILENT,
    }
    return {"StreamEnabled": True, **read_shape(node, shape)}


def _time_to_live(node: Node) -> dict[str, Any] | None:
    """A disabled TTL may lack its attribute; then nothing is configured."""
    values = read_shape(node, {"Enabled": Field(flag, required=True), "AttributeName": Field(text)})
    if values.get("Enabled") and "AttributeName" not in values:
        node.problem("has no AttributeName; add the attribute that holds the time")
    return values if "AttributeName" in values else None


TABLE: Shape = {
    "TableName": None,
    "KeySchema": Field(each(shaped(_KEY)), required=True),
    "AttributeDefinitions": Field(each(shaped(_ATTRIBUTE)), required=True),
    "GlobalSecondaryIndexes": Field(each(shaped(_GLOBAL_INDEX))),
    "LocalSecondaryIndexes": Field(each(shaped(_INDEX))),
    "BillingMode": Field(one_of("PROVISIONED", "PAY_PER_REQUEST")),
    "ProvisionedThroughput": Field(shaped(_THROUGHPUT)),
    "OnDemandThroughput": Field(shaped(_ON_DEMAND)),
    "StreamSpecification": Field(_stream),
    "SSESpecification": Field(shaped(_ENCRYPTION)),
    "TableClass": Field(one_of("STANDARD", "STANDARD_INFREQUENT_ACCESS")),
    "DeletionProtectionEnabled": Field(flag),
    "Tags": Field(tags),
    "TimeToLiveSpecification": Field(_time_to_live),
    "PointInTimeRecoverySpecification": Field(shaped(_RECOVERY)),
    "ContributorInsightsSpecification": Dropped("contributor insights are unsupported"),
    "ImportSourceSpecification": Dropped("nothing is imported; the table starts empty"),
    "KinesisStreamSpecification": Dropped("no Kinesis in the stack; changes are not streamed"),
    "ResourcePolicy": Dropped("permissions are not checked"),
    "VectorIndexes": Dropped("vector indexes are not made; queries on them fail"),
    "WarmThroughput": SILENT,
}
SIMPLE_TABLE: Shape = {
    "TableName": None,
    "PrimaryKey": None,
    "ProvisionedThroughput": Field(shaped(_THROUGHPUT)),
    "SSESpecification": Field(shaped(_ENCRYPTION)),
    "Tags": Field(tags),
    "PointInTimeRecoverySpecification": Field(shaped(_RECOVERY)),
}
_SIMPLE_TYPES = {"String": "S", "Number": "N", "Binary": "B"}


def table(stack: Stack, resource: Resource) -> Mapping[str, Any]:
    definition = read_shape(resource.properties, TABLE)
    definition = {key: value for key, value in definition.items() if value not in ([], {})}
    return {"TableName": _name(stack, resource), **definition}


def simple_table(stack: Stack, resource: Resource) -> Mapping[str, Any]:
    properties = resource.properties
    rest = read_shape(properties, SIMPLE_TABLE)
    name, kind = properties.read("PrimaryKey", _primary_key) or ("id", "S")
    return {
        "TableName": _name(stack, resource),
        "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind}],
        "BillingMode": "PROVISIONED" if "ProvisionedThroughput" in rest else "PAY_PER_REQUEST",
        **rest,
    }


def _name(stack: Stack, resource: Resource) -> str:
    name = stack.name(resource)
    if not _NAME.fullmatch(name):
        fix = stack.rename_hint(name, "give another TableName")
        resource.problem(f"the table name {name!r} {_NAME_RULE}; {fix}")
    return name


def _primary_key(node: Node) -> tuple[str, str]:
    check_keys(node, names("Name Type"))
    kind = node.need("Type", one_of(*_SIMPLE_TYPES))
    return node.read("Name", text) or "id", _SIMPLE_TYPES.get(kind or "String", "S")
