"""The S3 calls that the provisioner makes, and S3's own errors. It deletes nothing but the objects of its self-test."""

from __future__ import annotations

from typing import Any, Final

from esb_provisioner.servers.errors import ErrorKind, by_code
from esb_provisioner.services.s3.bucket_settings import BUCKET_SETTINGS
from esb_provisioner.steps import ApiCall
from esb_schemas.backends import backend

BACKEND: Final = backend("s3")
_SETTINGS: Final = [{row.read, row.write} for row in BUCKET_SETTINGS.values()]
CALLS: Final = frozenset(
    {"create_bucket", "delete_object", "head_object", "list_buckets", "list_objects_v2", "put_object"}.union(*_SETTINGS)
)
KINDS: Final = by_code(
    {
        ErrorKind.RACED: "OperationAborted",
        ErrorKind.MISSING: """404 NoSuchBucket NoSuchCORSConfiguration NoSuchKey NoSuchLifecycleConfiguration
            NoSuchPublicAccessBlockConfiguration NoSuchTagSet NoSuchTagSetError OwnershipControlsNotFoundError
            ServerSideEncryptionConfigurationNotFoundError""",
        ErrorKind.INVALID: "IllegalLocationConstraintException InvalidLocationConstraint MalformedXML",
    }
)


def api_call(operation: str, bucket: str, **params: Any) -> ApiCall:
    return ApiCall(BACKEND.service, operation, {"Bucket": bucket, **params})


def error_rule(operation: str, code: str, _message: str) -> ErrorKind | None:
    if code in ("BucketAlreadyExists", "BucketAlreadyOwnedByYou"):
        # A server that reads `PUT /bucket?cors` as CreateBucket does not support `?cors`.
        return ErrorKind.RACED if operation == "create_bucket" else ErrorKind.UNSUPPORTED
    return KINDS.get(code)
