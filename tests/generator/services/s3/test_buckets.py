"""Buckets in boto3's shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from esb_generator.expand import Expansion
from esb_schemas.validation.loading import validate

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]


def definition(expansion: Expansion) -> Mapping[str, Any]:
    """The only bucket's entry, which keeps the contract."""
    (bucket,) = expansion.application.resources["S3"]
    validate("resources", {"S3": [dict(bucket.definition)]})
    return bucket.definition


def of(read: Read, properties: str) -> Mapping[str, Any]:
    found = dict(definition(read(f"Files: {{Type: AWS::S3::Bucket, Properties: {properties}}}")))
    assert found.pop("BucketName") == "shop-files"
    return found


CASES: list[tuple[str, Mapping[str, Any]]] = [
    ("{}", {}),
    ("{AccessControl: PublicRead}", {"ACL": "public-read"}),
    ("{AccessControl: LogDeliveryWrite}", {}),
    ("{VersioningConfiguration: {Status: Enabled}}", {"VersioningConfiguration": {"Status": "Enabled"}}),
    ("{Tags: [{Key: a, Value: 1}]}", {"Tagging": {"TagSet": [{"Key": "a", "Value": "1"}]}}),
    (
        "{PublicAccessBlockConfiguration: {BlockPublicAcls: TRUE, IgnorePublicAcls: 'false'}}",
        {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "IgnorePublicAcls": False}},
    ),
    (
        "{OwnershipControls: {Rules: [{ObjectOwnership: ObjectWriter}]}}",
        {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}},
    ),
    (
        "{BucketEncryption: {ServerSideEncryptionConfiguration: [{BucketKeyEnabled: true, "
        "ServerSideEncryptionByDefault: {SSEAlgorithm: 'aws:kms', KMSMasterKeyID: k}}]}}",
        {
            "ServerSideEncryptionConfiguration": {
                "Rules": [
                    {
                        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                        "BucketKeyEnabled": True,
                    }
                ]
            }
        },
    ),
    (
        "{CorsConfiguration: {CorsRules: [{Id: web, AllowedOrigins: ['*'], AllowedMethods: [GET], "
        "AllowedHeaders: ['*'], ExposedHeaders: [ETag], MaxAge: '60'}]}}",
        {
            "CORSConfiguration": {
                "CORSRules": [
                    {
                        "ID": "web",
                        "AllowedOrigins": ["*"],
                        "AllowedMethods": ["GET"],
                        "AllowedHeaders": ["*"],
                        "ExposeHeaders": ["ETag"],
                        "MaxAgeSeconds": 60,
                    }
                ]
            }
        },
    ),
    (
        "{NotificationConfiguration: {EventBridgeConfiguration: {EventBridgeEnabled: true}}}",
        {"NotificationConfiguration": {"EventBridgeConfiguration": {}}},
    ),
    (
        "{NotificationConfiguration: {EventBridgeConfiguration: {EventBridgeEnabled: false}}}",
        {},
    ),
]


@pytest.mark.parametrize(("properties", "expected"), CASES)
def test_what_a_property_becomes(read: Read, properties: str, expected: Mapping[str, Any]) -> None:
    assert of(read, properties) == expected


RULES: list[tuple[str, Mapping[str, Any]]] = [
    ("ExpirationInDays: '30'", {"Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}),
    (
        "Prefix: logs/, ExpirationDate: 2030-01-01",
        {"Filter": {"Prefix": "logs/"}, "Expiration": {"Date": "2030-01-01"}},
    ),
    (
        "TagFilters: [{Key: a, Value: b}], ExpirationInDays: 1",
        {"Filter": {"Tag": {"Key": "a", "Value": "b"}}, "Expiration": {"Days": 1}},
    ),
    (
        "ExpiredObjectDeleteMarker: true",
        {"Filter": {"Prefix": ""}, "Expiration": {"ExpiredObjectDeleteMarker": True}},
    ),
    (
        "Prefix: p, TagFilters: [{Key: a, Value: b}], ObjectSizeGreaterThan: '10', ExpirationInDays: 1",
        {
            "Filter": {"And": {"Prefix": "p", "Tags": [{"Key": "a", "Value": "b"}], "ObjectSizeGreaterThan": 10}},
            "Expiration": {"Days": 1},
        },
    ),
    (
        "Transition: {TransitionInDays: 1, StorageClass: GLACIER}, "
        "Transitions: [{TransitionDate: 2030-01-01, StorageClass: DEEP_ARCHIVE}]",
        {
            "Filter": {"Prefix": ""},
            "Transitions": [
                {"Days": 1, "StorageClass": "GLACIER"},
                {"Date": "2030-01-01", "StorageClass": "DEEP_ARCHIVE"},
            ],
        },
    ),
    (
        "NoncurrentVersionExpirationInDays: 3",
        {"Filter": {"Prefix": ""}, "NoncurrentVersionExpiration": {"NoncurrentDays": 3}},
    ),
    (
        "NoncurrentVersionExpiration: {NoncurrentDays: 3, NewerNoncurrentVersions: 2}, "
        "NoncurrentVersionTransitions: [{TransitionInDays: 1, StorageClass: STANDARD_IA}]",
        {
            "Filter": {"Prefix": ""},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 3, "NewerNoncurrentVersions": 2},
            "NoncurrentVersionTransitions": [{"NoncurrentDays": 1, "StorageClass": "STANDARD_IA"}],
        },
    ),
    (
        "AbortIncompleteMultipartUpload: {DaysAfterInitiation: 1}",
        {"Filter": {"Prefix": ""}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
    ),
]


@pytest.mark.parametrize(("rule", "expected"), RULES)
def test_lifecycle_rules(read: Read, rule: str, expected: Mapping[str, Any]) -> None:
    found = of(read, f"{{LifecycleConfiguration: {{Rules: [{{Id: r, Status: Enabled, {rule}}}]}}}}")
    assert found == {"LifecycleConfiguration": {"Rules": [{"ID": "r", "Status": "Enabled", **expected}]}}


def test_what_the_storage_lacks_is_told(read: Read) -> None:
    expansion = read(
        "Files: {Type: AWS::S3::Bucket, Properties: {WebsiteConfiguration: {IndexDocument: i}, "
        "ReplicationConfiguration: {Role: r}, LoggingConfiguration: {LogFilePrefix: l}}}"
    )
    assert [notice.text for notice in expansion.notices] == [
        "WebsiteConfiguration: no website is served; objects are read by the S3 API",
        "ReplicationConfiguration: objects are not replicated",
        "LoggingConfiguration: access logs are not written to a bucket",
    ]


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [
        ("{BucketName: My_Files}", "the bucket name 'My_Files' must be 3 to 63 lower-case letters, digits, - and ."),
        (
            "{CORSConfiguration: {}}",
            "AWS::S3::Bucket has no property CORSConfiguration; did you mean CorsConfiguration?",
        ),
        (
            "{VersioningConfiguration: {Status: On}}",
            "VersioningConfiguration.Status must be Enabled or Suspended, not true",
        ),
        (
            "{CorsConfiguration: {CorsRules: [{AllowedMethods: [GET]}]}}",
            "CorsConfiguration.CorsRules[0] has no AllowedOrigins",
        ),
        (
            "{LifecycleConfiguration: {Rules: [{Status: Enabled, ExpirationDate: soon}]}}",
            "LifecycleConfiguration.Rules[0].ExpirationDate must be a date at midnight UTC",
        ),
        ("{AccessControl: public-read}", "AccessControl must be AuthenticatedRead, Private"),
    ],
)
def test_what_is_wrong_with_a_bucket(problems: Problems, properties: str, sentence: str) -> None:
    found = problems(f"Files: {{Type: AWS::S3::Bucket, Properties: {properties}}}")
    assert any(sentence in text for text in found), found
