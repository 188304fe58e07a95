"""The plan of a bucket, as text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from esb_provisioner.desired import parse
from esb_provisioner.plan import plan
from esb_provisioner.resources.reading import UNKNOWN, Unreadable
from esb_provisioner.services.s3.read import ObservedBucket
from esb_provisioner.steps import Plan, Resource


def planned(entry: dict[str, Any], seen: ObservedBucket | Unreadable | None, region: str = "us-east-1") -> Plan:
    desired = parse({"S3": [{"BucketName": "media", **entry}]}, region)
    return plan(desired, {} if seen is None else {Resource("bucket", "media"): seen})


def lines(text: str) -> str:
    return "\n".join(f"bucket media: {line.strip()}" for line in text.strip().splitlines())


def cors_rule(**more: Any) -> dict[str, Any]:
    return {"AllowedMethods": ["PUT", "GET"], "AllowedOrigins": ["*"], **more}


def encryption(algorithm: str, **more: Any) -> dict[str, Any]:
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}, **more}]}


EVERYTHING: dict[str, Any] = {
    "ACL": "public-read",
    "OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
    "PublicAccessBlockConfiguration": {"BlockPublicPolicy": True},
    "VersioningConfiguration": {"Status": "Enabled"},
    "ServerSideEncryptionConfiguration": encryption("AES256"),
    "CORSConfiguration": {"CORSRules": [cors_rule()]},
    "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "Filter": {}, "Expiration": {"Days": "30"}}]},
    "Tagging": {"TagSet": [{"Key": "team", "Value": "web"}]},
}


def test_a_missing_bucket_is_made_and_configured() -> None:
    assert str(planned(EVERYTHING, None)) == lines("""
        create_bucket (not found)
        put_bucket_ownership_controls (OwnershipControls: not set)
        put_public_access_block (PublicAccessBlockConfiguration: not set)
        put_bucket_acl (ACL: private -> public-read)
        put_bucket_versioning (VersioningConfiguration: Suspended -> Enabled)
        put_bucket_encryption (ServerSideEncryptionConfiguration: not set)
        put_bucket_cors (CORSConfiguration: not set)
        put_bucket_lifecycle_configuration (LifecycleConfiguration: not set)
        put_bucket_tagging (Tagging: not set)
    """)


def test_a_bucket_that_is_as_the_file_says_needs_nothing() -> None:
    seen = {
        **EVERYTHING,
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": False,
            "IgnorePublicAcls": False,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": False,
        },
        "ServerSideEncryptionConfiguration": encryption("AES256", BucketKeyEnabled=False),
        "CORSConfiguration": {"CORSRules": [cors_rule(ID="made-by-the-server", AllowedMethods=["GET", "PUT"])]},
        "LifecycleConfiguration": {
            "Rules": [{"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}]
        },
        "Tagging": {"TagSet": [{"Key": "theirs", "Value": "1"}, {"Key": "team", "Value": "web"}]},
    }
    result = planned(EVERYTHING, ObservedBucket(seen))
    assert str(result) == ""
    assert not str(result)


def test_a_bucket_of_which_the_file_only_says_the_name_is_never_changed() -> None:
    assert not str(planned({}, ObservedBucket(EVERYTHING)))


def test_outside_us_east_1_the_region_is_named_and_left_out_for_servers_without_regions() -> None:
    create = planned({}, None, "eu-west-1").operations[0]
    assert create.call.params == {
        "Bucket": "media",
        "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"},
    }
    assert create.fallback is not None
    assert create.fallback.params == {"Bucket": "media"}
    assert planned({}, None).operations[0].call.params == {"Bucket": "media"}


@pytest.mark.parametrize(
    ("key", "wanted", "seen", "expected"),
    [
        (
            "VersioningConfiguration",
            {"Status": "Suspended"},
            {"Status": "Enabled"},
            "put_bucket_versioning (VersioningConfiguration: Enabled -> Suspended)",
        ),
        ("VersioningConfiguration", {"Status": "Suspended"}, None, ""),
        ("ACL", "private", None, ""),
        ("ACL", "private", "other grants", "put_bucket_acl (ACL: other grants -> private)"),
        ("PublicAccessBlockConfiguration", {"BlockPublicAcls": False}, None, ""),
        (
            "ServerSideEncryptionConfiguration",
            encryption("aws:kms"),
            encryption("AES256"),
            "put_bucket_encryption (ServerSideEncryptionConfiguration: differs)",
        ),
        (
            "CORSConfiguration",
            {"CORSRules": [cors_rule(MaxAgeSeconds="60")]},
            {"CORSRules": [cors_rule(MaxAgeSeconds=30)]},
            "put_bucket_cors (CORSConfiguration: differs)",
        ),
        (
            "CORSConfiguration",
            {"CORSRules": [cors_rule(), cors_rule(AllowedOrigins=["a"])]},
            {"CORSRules": [cors_rule(AllowedOrigins=["a"]), cors_rule()]},
            "put_bucket_cors (CORSConfiguration: differs)",
        ),
    ],
)
def test_a_setting_that_differs_is_changed_by_its_call(key: str, wanted: Any, seen: Any, expected: str) -> None:
    assert str(planned({key: wanted}, ObservedBucket({key: seen}))) == lines(expected)


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        ({"Prefix": "tmp/"}, {"Filter": {"Prefix": "tmp/"}}),
        ({"Filter": {}}, {"Filter": {"Prefix": ""}}),
        ({"Filter": {}}, {"Prefix": ""}),
        ({"Filter": {"And": {"Prefix": "tmp/"}}}, {"Filter": {"Prefix": "tmp/"}}),
        (
            {"Filter": {"Tag": {"Key": "a", "Value": "1"}}},
            {"Filter": {"And": {"Tags": [{"Key": "a", "Value": "1"}]}}},
        ),
        (
            {"Prefix": "", "Expiration": {"Date": "2030-01-01"}},
            {"Filter": {}, "Expiration": {"Date": datetime(2030, 1, 1, tzinfo=UTC)}},
        ),
        (
            {
                "Prefix": "",
                "Transitions": [{"Days": 9, "StorageClass": "GLACIER"}, {"Days": 1, "StorageClass": "STANDARD_IA"}],
            },
            {
                "Prefix": "",
                "Transitions": [{"Days": 1, "StorageClass": "STANDARD_IA"}, {"Days": 9, "StorageClass": "GLACIER"}],
            },
        ),
    ],
)
def test_ways_of_writing_a_lifecycle_rule_that_mean_the_same(wanted: dict[str, Any], seen: dict[str, Any]) -> None:
    def configuration(rule: dict[str, Any]) -> dict[str, Any]:
        return {"Rules": [{"Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}} | rule]}

    bucket = ObservedBucket({"LifecycleConfiguration": configuration(seen | {"ID": "x"})})
    assert not str(planned({"LifecycleConfiguration": configuration(wanted)}, bucket))


@pytest.mark.parametrize(
    "change",
    [{"Status": "Disabled"}, {"Filter": {"Prefix": "other/"}}, {"Expiration": {"Days": 31}}, {"Filter": {}}],
)
def test_lifecycle_rules_that_differ(change: dict[str, Any]) -> None:
    rule: dict[str, Any] = {"Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 30}}
    bucket = ObservedBucket({"LifecycleConfiguration": {"Rules": [rule | change]}})
    result = planned({"LifecycleConfiguration": {"Rules": [rule]}}, bucket)
    assert str(result) == lines("put_bucket_lifecycle_configuration (LifecycleConfiguration: differs)")


def test_a_lifecycle_rule_too_many_is_a_difference() -> None:
    rule = {"Status": "Enabled", "Prefix": "", "Expiration": {"Days": 1}}
    bucket = ObservedBucket({"LifecycleConfiguration": {"Rules": [rule, rule | {"Prefix": "a"}]}})
    assert str(planned({"LifecycleConfiguration": {"Rules": [rule]}}, bucket))


def test_a_max_age_of_zero_is_none() -> None:
    """SeaweedFS returns 0 for a rule without it."""
    seen = ObservedBucket({"CORSConfiguration": {"CORSRules": [cors_rule(MaxAgeSeconds=0)]}})
    assert not str(planned({"CORSConfiguration": {"CORSRules": [cors_rule()]}}, seen))


def test_writing_tags_keeps_those_of_others() -> None:
    bucket = ObservedBucket({"Tagging": {"TagSet": [{"Key": "theirs", "Value": "1"}, {"Key": "team", "Value": "old"}]}})
    operation = planned({"Tagging": EVERYTHING["Tagging"]}, bucket).operations[0]
    assert operation.call.params == {
        "Bucket": "media",
        "Tagging": {"TagSet": [{"Key": "team", "Value": "web"}, {"Key": "theirs", "Value": "1"}]},
    }


def test_what_a_server_cannot_tell_is_left_alone() -> None:
    result = planned(EVERYTHING, ObservedBucket(dict.fromkeys(EVERYTHING, UNKNOWN)))
    assert not str(result)
    assert set(result.resources[0].unknown) == set(EVERYTHING)


def test_notifications_are_the_gateways() -> None:
    result = planned({"NotificationConfiguration": {"EventBridgeConfiguration": {}}}, None)
    assert str(result) == lines("create_bucket (not found)")
    assert result.resources[0].notes == ()


def test_a_bucket_that_cannot_be_read_is_not_touched() -> None:
    assert str(planned({}, Unreadable("no"))) == lines("cannot be read (no)")


@pytest.mark.parametrize("key", ["OwnershipControls", "ServerSideEncryptionConfiguration", "LifecycleConfiguration"])
def test_an_empty_answer_is_no_configuration(key: str) -> None:
    assert str(planned({key: EVERYTHING[key]}, ObservedBucket({key: {}})))
    assert str(planned({key: EVERYTHING[key]}, ObservedBucket({key: {"Rules": []}})))
