"""What the schema of resources.yml accepts, boto3 accepts (a client checks every parameter first), and so does moto."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import boto3
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from esb_schemas.errors import ContractError
from esb_schemas.validation.loading import validate
from tests.repetitions import repeated

Draw = Callable[[st.DataObject], dict[str, Any]]
Call = tuple[str, dict[str, Any]]

CALLS_OF_TABLES: Final[Mapping[str, str]] = {
    "TimeToLiveSpecification": "update_time_to_live",
    "PointInTimeRecoverySpecification": "update_continuous_backups",
}

CALLS_OF_BUCKETS: Final[Mapping[str, str]] = {
    "OwnershipControls": "put_bucket_ownership_controls",
    "ACL": "put_bucket_acl",
    "VersioningConfiguration": "put_bucket_versioning",
    "CORSConfiguration": "put_bucket_cors",
    "LifecycleConfiguration": "put_bucket_lifecycle_configuration",
    "Tagging": "put_bucket_tagging",
    "ServerSideEncryptionConfiguration": "put_bucket_encryption",
    "PublicAccessBlockConfiguration": "put_public_access_block",
    "NotificationConfiguration": "put_bucket_notification_configuration",
}

BOUNDED: Final = settings(
    max_examples=repeated(6),
    phases=(Phase.generate, Phase.shrink),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def calls_of_table(table: Mapping[str, Any]) -> Iterator[Call]:
    """The calls that make a table, in order."""
    others = {*CALLS_OF_TABLES, "Seed"}  # which is ESB's own
    yield "create_table", {name: value for name, value in table.items() if name not in others}
    for name, call in CALLS_OF_TABLES.items():
        if name in table:
            yield call, {"TableName": table["TableName"], name: table[name]}


def calls_of_bucket(bucket: Mapping[str, Any]) -> Iterator[Call]:
    """The calls that make a bucket, in order."""
    yield "create_bucket", {"Bucket": bucket["BucketName"]}
    for name, call in CALLS_OF_BUCKETS.items():
        if name in bucket:
            yield call, {"Bucket": bucket["BucketName"], name: bucket[name]}


def keeps_contract(document: object) -> bool:
    """Whether the contract is kept."""
    try:
        validate("resources", document)
    except ContractError:
        return False
    return True


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    """A session that has credentials of nobody."""
    return boto3.Session(aws_access_key_id="nobody", aws_secret_access_key="nothing", region_name="us-east-1")


@BOUNDED
@given(data=st.data())
def test_tables_are_accepted(data: st.DataObject, any_table: Draw, session: boto3.Session) -> None:
    table = any_table(data)
    with mock_aws():
        client = session.client("dynamodb")
        for call, parameters in calls_of_table(table):
            getattr(client, call)(**parameters)
        made = client.describe_table(TableName=table["TableName"])["Table"]
    assert made["KeySchema"] == table["KeySchema"]
    assert {index["IndexName"] for index in made.get("GlobalSecondaryIndexes", ())} == {
        index["IndexName"] for index in table.get("GlobalSecondaryIndexes", ())
    }


@BOUNDED
@given(data=st.data())
def test_buckets_are_accepted(data: st.DataObject, any_bucket: Draw, session: boto3.Session) -> None:
    bucket = any_bucket(data)
    assume(keeps_contract({"S3": [bucket]}))
    with mock_aws():
        client = session.client("s3")
        for call, parameters in calls_of_bucket(bucket):
            getattr(client, call)(**parameters)
        tags = bucket.get("Tagging", {}).get("TagSet", [])
        if tags:
            made = client.get_bucket_tagging(Bucket=bucket["BucketName"])["TagSet"]
            assert {tag["Key"] for tag in made} == {tag["Key"] for tag in tags}
