"""Tables in boto3's shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from esb_generator.expand import Expansion
from esb_schemas.validation.loading import validate

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]


def definition(expansion: Expansion) -> Mapping[str, Any]:
    """The only table's entry, which keeps the contract."""
    (table,) = expansion.application.resources["DynamoDB"]
    validate("resources", {"DynamoDB": [dict(table.definition)]})
    return table.definition


def test_every_property_of_a_table(read: Read) -> None:
    expansion = read(
        """
        Orders:
          Type: AWS::DynamoDB::Table
          Properties:
            TableName: orders
            BillingMode: PROVISIONED
            KeySchema: [{AttributeName: id, KeyType: HASH}, {AttributeName: at, KeyType: RANGE}]
            AttributeDefinitions:
              - {AttributeName: id, AttributeType: S}
              - {AttributeName: at, AttributeType: N}
              - {AttributeName: customer, AttributeType: S}
            ProvisionedThroughput: {ReadCapacityUnits: "5", WriteCapacityUnits: 5}
            GlobalSecondaryIndexes:
              - IndexName: by-customer
                KeySchema: [{AttributeName: customer, KeyType: HASH}]
                Projection: {ProjectionType: INCLUDE, NonKeyAttributes: [total]}
                ProvisionedThroughput: {ReadCapacityUnits: "1", WriteCapacityUnits: "2"}
                ContributorInsightsSpecification: {Enabled: true}
            LocalSecondaryIndexes:
              - IndexName: by-time
                KeySchema: [{AttributeName: id, KeyType: HASH}, {AttributeName: at, KeyType: RANGE}]
                Projection: {ProjectionType: ALL}
            StreamSpecification: {StreamViewType: NEW_IMAGE}
            SSESpecification: {SSEEnabled: "true", SSEType: KMS, KMSMasterKeyId: alias/orders}
            TableClass: STANDARD_INFREQUENT_ACCESS
            DeletionProtectionEnabled: true
            TimeToLiveSpecification: {AttributeName: expires, Enabled: true}
            PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 7}
            Tags: [{Key: team, Value: shop}, {Key: cost, Value: 42}]
            KinesisStreamSpecification: {StreamArn: arn}
        """
    )
    assert definition(expansion) == {
        "TableName": "orders",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
        "AttributeDefinitions": [
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "N"},
            {"AttributeName": "customer", "AttributeType": "S"},
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by-customer",
                "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"]},
                "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2},
            }
        ],
        "LocalSecondaryIndexes": [
            {
                "IndexName": "by-time",
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/orders"},
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "DeletionProtectionEnabled": True,
        "Tags": [{"Key": "team", "Value": "shop"}, {"Key": "cost", "Value": "42"}],
        "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires"},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7},
    }
    assert [notice.text for notice in expansion.notices] == [
        "KinesisStreamSpecification: no Kinesis in the stack; changes are not streamed"
    ]


SIMPLE = [
    (
        "{}",
        {
            "TableName": "Orders",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    ),
    (
        "{TableName: shop, PrimaryKey: {Name: day, Type: Number}, Tags: {team: shop}, "
        "ProvisionedThroughput: {ReadCapacityUnits: 1, WriteCapacityUnits: 1}, SSESpecification: {SSEEnabled: true}}",
        {
            "TableName": "shop",
            "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "day", "AttributeType": "N"}],
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
            "SSESpecification": {"Enabled": True},
            "Tags": [{"Key": "team", "Value": "shop"}],
        },
    ),
]


@pytest.mark.parametrize(("properties", "expected"), SIMPLE)
def test_simple_tables(read: Read, properties: str, expected: Mapping[str, Any]) -> None:
    expansion = read(f"Orders: {{Type: AWS::Serverless::SimpleTable, Properties: {properties}}}")
    assert definition(expansion) == expected


def test_a_simple_table_without_properties(read: Read) -> None:
    assert definition(read("Orders: {Type: AWS::Serverless::SimpleTable}"))["TableName"] == "Orders"


def test_a_disabled_time_to_live_without_attribute_is_nothing(read: Read) -> None:
    table = (
        f"Orders: {{Type: AWS::DynamoDB::Table, Properties: {{{KEYED}, TimeToLiveSpecification: {{Enabled: false}}}}}}"
    )
    assert "TimeToLiveSpecification" not in definition(read(table))


KEY = "{AttributeName: id, KeyType: HASH}"
ID = "{AttributeName: id, AttributeType: S}"
KEYED = f"KeySchema: [{KEY}], AttributeDefinitions: [{ID}]"


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [
        (f"KeySchema: [{KEY}]", "Orders has no AttributeDefinitions; add it"),
        (
            f"KeySchema: [{{AttributeName: key, KeyType: HASH}}], AttributeDefinitions: [{ID}]",
            "2:81: Orders: KeySchema[0].AttributeName: 'key' has no type; add it to AttributeDefinitions",
        ),
        (
            f"KeySchema: [{KEY}, {KEY}], AttributeDefinitions: [{ID}]",
            "2:130: Orders: KeySchema[1].KeyType: must be RANGE: a key is HASH, or HASH and then RANGE",
        ),
        (
            f"KeySchema: [{KEY}], AttributeDefinitions: [{ID}, {{AttributeName: name, AttributeType: S}}]",
            "2:180: Orders: AttributeDefinitions[1].AttributeName: 'name' is not in any key of the table or an index",
        ),
        (
            f"{KEYED}, BilingMode: PROVISIONED",
            "AWS::DynamoDB::Table has no property BilingMode; did you mean BillingMode?",
        ),
        (f"{KEYED}, BillingMode: ON_DEMAND", "BillingMode must be PROVISIONED or PAY_PER_REQUEST, not 'ON_DEMAND'"),
        (
            f"{KEYED}, BillingMode: PAY_PER_REQUEST, "
            "ProvisionedThroughput: {ReadCapacityUnits: 1, WriteCapacityUnits: 1}",
            "2:218: Orders: ProvisionedThroughput: cannot go with BillingMode PAY_PER_REQUEST; remove it",
        ),
        (
            f"{KEYED}, ProvisionedThroughput: {{ReadCapacityUnits: 1}}",
            "ProvisionedThroughput has no WriteCapacityUnits; add it",
        ),
        (f"{KEYED}, TimeToLiveSpecification: {{Enabled: true}}", "TimeToLiveSpecification has no AttributeName"),
        (f"{KEYED}, TableName: a b", "the table name 'a b' must be 3 to 255 letters, digits, -, _ and ."),
        (
            f"{KEYED}, StreamSpecification: {{StreamViewType: ALL}}",
            "StreamSpecification.StreamViewType must be NEW_IMAGE",
        ),
        (f"{KEYED}, Tags: [{{Key: a}}]", "Tags[0] has no Value; add it"),
    ],
)
def test_what_is_wrong_with_a_table(problems: Problems, properties: str, sentence: str) -> None:
    found = problems(f"Orders: {{Type: AWS::DynamoDB::Table, Properties: {{{properties}}}}}")
    assert any(sentence in text for text in found), found


def test_a_table_name_is_taken_once(problems: Problems) -> None:
    (sentence,) = problems(
        "A: {Type: AWS::Serverless::SimpleTable, Properties: {TableName: shop}}\n"
        "B: {Type: AWS::Serverless::SimpleTable, Properties: {TableName: shop}}"
    )
    assert "B: the table name shop is already that of A" in sentence


def test_a_short_logical_id_is_a_table_name_with_the_stacks(read: Read) -> None:
    assert [
        table.name for table in read("T: {Type: AWS::Serverless::SimpleTable}").application.resources["DynamoDB"]
    ] == ["shop-T"]
