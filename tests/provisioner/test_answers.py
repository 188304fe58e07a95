"""What the errors of different servers mean. The rows are errors that real servers gave."""

from __future__ import annotations

import pytest

from esb_provisioner.answers import Kind, ServerError, kind_of


@pytest.mark.parametrize(
    ("operation", "code", "status", "message", "expected"),
    [
        ("create_table", "ResourceInUseException", 400, "Table already exists: Orders", Kind.RACED),
        ("create_bucket", "BucketAlreadyOwnedByYou", 409, "", Kind.RACED),
        ("create_bucket", "BucketAlreadyExists", 409, "", Kind.RACED),
        ("put_bucket_cors", "BucketAlreadyExists", 409, "", Kind.UNSUPPORTED),  # rclone
        ("put_bucket_lifecycle_configuration", "BucketAlreadyOwnedByYou", 409, "", Kind.UNSUPPORTED),
        ("update_time_to_live", "ValidationException", 400, "TimeToLive is already enabled", Kind.RACED),
        (
            "update_table",
            "ValidationException",
            400,
            "Attempting to create an index which already exists",
            Kind.RACED,
        ),
        ("update_table", "ValidationException", 400, "Nothing to update", Kind.UNSUPPORTED),  # DynamoDB Local
        ("describe_continuous_backups", "UnknownOperationException", 400, "", Kind.UNSUPPORTED),
        ("tag_resource", "com.amazon.coral.service#UnknownOperationException", 400, "", Kind.UNSUPPORTED),
        (
            "list_tags_of_resource",
            "ValidationException",
            400,
            "Tagging is not currently supported in DynamoDB Local.",
            Kind.UNSUPPORTED,
        ),
        (
            "create_table",
            "ValidationException",
            400,
            "SSESpecification: configuring encryption-at-rest is not yet supported.",
            Kind.UNSUPPORTED,
        ),
        ("put_bucket_versioning", "NotImplemented", 501, "", Kind.UNSUPPORTED),
        ("put_bucket_versioning", "501", 501, "Not Implemented", Kind.UNSUPPORTED),
        ("put_bucket_acl", "SomethingNew", 405, "", Kind.UNSUPPORTED),
        ("create_table", "ValidationException", 400, "One or more parameter values were invalid", Kind.INVALID),
        ("create_bucket", "InvalidLocationConstraint", 400, "", Kind.INVALID),  # radosgw
        ("list_buckets", "InvalidAccessKeyId", 403, "", Kind.UNAUTHORIZED),
        ("list_tables", "UnrecognizedClientException", 400, "", Kind.UNAUTHORIZED),
        ("list_tables", "InternalServerError", 500, "", Kind.FAILED),
        ("create_table", "LimitExceededException", 400, "", Kind.BUSY),
        ("list_buckets", "SlowDown", 503, "", Kind.BUSY),
        ("get_bucket_cors", "NoSuchCORSConfiguration", 404, "", Kind.MISSING),
    ],
)
def test_kind_of(operation: str, code: str, status: int, message: str, expected: Kind) -> None:
    assert kind_of(operation, code, status, message) is expected


def test_an_error_is_one_line() -> None:
    assert str(ServerError(Kind.FAILED, "Oops", "two\n  lines")) == "Oops: two lines"
    assert str(ServerError(Kind.FAILED, "Oops", "")) == "Oops"
