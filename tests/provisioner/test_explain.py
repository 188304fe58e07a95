"""Desired and live state side by side."""

from __future__ import annotations

from typing import Any

from esb_provisioner.desired import parse
from esb_provisioner.explain import explain, side_by_side
from esb_provisioner.resources.reading import UNKNOWN, Unreadable
from esb_provisioner.services.dynamodb.read import ObservedTable
from esb_provisioner.services.s3.read import ObservedBucket
from esb_provisioner.steps import Resource

KEY = [{"AttributeName": "id", "KeyType": "HASH"}]
ID = {"AttributeName": "id", "AttributeType": "S"}
EMAIL = {"AttributeName": "email", "AttributeType": "S"}
INDEX: dict[str, Any] = {
    "IndexName": "by-email",
    "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
TABLE: dict[str, Any] = {"TableName": "Orders", "KeySchema": KEY, "AttributeDefinitions": [ID, EMAIL]}
ORDERS, MEDIA, BROKEN = Resource("table", "Orders"), Resource("bucket", "media"), Resource("bucket", "broken")


def test_each_aspect_of_a_resource_is_a_line_and_what_differs_has_a_star() -> None:
    entry = TABLE | {
        "BillingMode": "PAY_PER_REQUEST",
        "GlobalSecondaryIndexes": [INDEX],
        "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires"},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "Tags": [{"Key": "team", "Value": "web"}],
    }
    description = TABLE | {
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "GlobalSecondaryIndexes": [
            INDEX | {"Projection": {"ProjectionType": "KEYS_ONLY"}},
            INDEX | {"IndexName": "old"},
        ],
    }
    seen = ObservedTable(description, {"TimeToLiveStatus": "DISABLED"}, UNKNOWN, {"team": "web", "theirs": "1"})
    assert side_by_side(explain(parse({"DynamoDB": [entry]}), {ORDERS: seen})).splitlines() == [
        "table Orders                        in the file       on the server",
        "  KeySchema                         id HASH           id HASH",
        "  type of attribute email           S                 S",
        "  type of attribute id              S                 S",
        "* index by-email                    email HASH (ALL)  email HASH (KEYS_ONLY)",
        "* index old                         none              email HASH (ALL)",
        "  BillingMode                       PAY_PER_REQUEST   PAY_PER_REQUEST",
        "* TimeToLiveSpecification           expires           off",
        "  PointInTimeRecoverySpecification  on                unknown",
        "  Tags                              team=web          team=web, theirs=1",
    ]


def test_what_the_file_does_not_say_is_shown_without_a_star() -> None:
    description = TABLE | {"AttributeDefinitions": [ID], "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}
    entry = TABLE | {"AttributeDefinitions": [ID]}
    text = side_by_side(explain(parse({"DynamoDB": [entry]}), {ORDERS: ObservedTable(description)}))
    assert "  BillingMode           -            PAY_PER_REQUEST" in text.splitlines()


def test_long_values_are_wrapped() -> None:
    rules = [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.com", "https://www.example.com"]}]
    entry = {"BucketName": "media", "CORSConfiguration": {"CORSRules": rules}, "ACL": "private"}
    seen = {MEDIA: ObservedBucket({"CORSConfiguration": None, "ACL": None})}
    assert side_by_side(explain(parse({"S3": [entry]}), seen)).splitlines() == [
        "bucket media         in the file                                on the server",
        "  ACL                private                                    private",
        '* CORSConfiguration  [{"AllowedMethods": ["GET"],               []',
        '                     "AllowedOrigins": ["https://example.com",',
        '                     "https://www.example.com"]}]',
    ]


def test_of_a_resource_that_is_missing_the_file_alone_is_shown() -> None:
    document = {
        "DynamoDB": [TABLE | {"AttributeDefinitions": [ID], "BillingMode": "PAY_PER_REQUEST"}],
        "S3": [{"BucketName": "new", "ACL": "private"}, {"BucketName": "broken"}],
    }
    assert side_by_side(explain(parse(document), {BROKEN: Unreadable("no")})).splitlines() == [
        "bucket broken  in the file      cannot be read: no",
        "bucket new     in the file      not on the server",
        "  ACL          private",
        "table Orders   in the file      not on the server",
        "  KeySchema    id HASH",
        "  BillingMode  PAY_PER_REQUEST",
    ]
