"""What the errors of different servers mean. The rows are errors that real servers gave."""

from __future__ import annotations

import pytest

from esb_provisioner.servers.errors import ErrorKind, ServerError, error_kind
from esb_provisioner.services.dynamodb import TABLE
from esb_provisioner.services.s3 import BUCKET


@pytest.mark.parametrize(
    ("operation", "code", "status", "message", "expected"),
    [
        ("create_table", "ResourceInUseException", 400, "Table already exists: Orders", ErrorKind.RACED),
        ("create_bucket", "BucketAlreadyOwnedByYou", 409, "", ErrorKind.RACED),
        ("create_bucket", "BucketAlreadyExists", 409, "", ErrorKind.RACED),
        ("put_bucket_cors", "BucketAlreadyExists", 409, "", ErrorKind.UNSUPPORTED),  # rclone
        ("put_bucket_lifecycle_configuration", "BucketAlreadyOwnedByYou", 409, "", ErrorKind.UNSUPPORTED),
        ("update_time_to_live", "ValidationException", 400, "TimeToLive is already enabled", ErrorKind.RACED),
        (
            "update_table",
            "ValidationException",
            400,
            "Attempting to create an index which already exists",
            ErrorKind.RACED,
        ),
        ("update_table", "ValidationException", 400, "Nothing to update", ErrorKind.UNSUPPORTED),  # DynamoDB Local
        ("describe_continuous_backups", "UnknownOperationException", 400, "", ErrorKind.UNSUPPORTED),
        ("tag_resource", "com.amazon.coral.service#UnknownOperationException", 400, "", ErrorKind.UNSUPPORTED),
        (
            "list_tags_of_resource",
            "ValidationException",
            400,
            "Tagging is not currently supported in DynamoDB Local.",
            ErrorKind.UNSUPPORTED,
        ),
        (
            "create_table",
            "ValidationException",
            400,
            "SSESpecification: configuring encryption-at-rest is not yet supported.",
            ErrorKind.UNSUPPORTED,
        ),
        ("put_bucket_versioning", "NotImplemented", 501, "", ErrorKind.UNSUPPORTED),
        ("put_bucket_versioning", "501", 501, "Not Implemented", ErrorKind.UNSUPPORTED),
        ("put_bucket_acl", "SomethingNew", 405, "", ErrorKind.UNSUPPORTED),
        ("create_table", "ValidationException", 400, "One or more parameter values were invalid", ErrorKind.INVALID),
        ("create_bucket", "InvalidLocationConstraint", 400, "", ErrorKind.INVALID),  # radosgw
        ("put_bucket_ownership_controls", "InvalidArgument", 400, "", ErrorKind.INVALID),  # radosgw
        ("put_bucket_ownership_controls", "SomethingNew", 400, "", ErrorKind.INVALID),
        ("put_bucket_lifecycle_configuration", "NotImplemented", 501, "", ErrorKind.UNSUPPORTED),  # SeaweedFS: by tag
        ("list_buckets", "InvalidAccessKeyId", 403, "", ErrorKind.UNAUTHORIZED),
        ("list_tables", "UnrecognizedClientException", 400, "", ErrorKind.UNAUTHORIZED),
        ("list_tables", "InternalServerError", 500, "", ErrorKind.FAILED),
        ("create_table", "LimitExceededException", 400, "", ErrorKind.BUSY),
        ("list_buckets", "SlowDown", 503, "", ErrorKind.BUSY),
        ("get_bucket_cors", "NoSuchCORSConfiguration", 404, "", ErrorKind.MISSING),
    ],
)
def test_an_error_is_classified_by_operation_code_and_status(
    operation: str, code: str, status: int, message: str, expected: ErrorKind
) -> None:
    (rule,) = (each.error_rule for each in (TABLE, BUCKET) if operation in each.calls)
    assert error_kind(rule, operation, code, status, message) is expected


def test_an_error_is_one_line() -> None:
    assert str(ServerError(ErrorKind.FAILED, "Oops", "two\n  lines")) == "Oops: two lines"
    assert str(ServerError(ErrorKind.FAILED, "Oops", "")) == "Oops"
