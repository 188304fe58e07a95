"""AWS::S3::Bucket as an entry of resources.yml, in boto3's shapes.

Property names are those of "AWS::S3::Bucket" in the CloudFormation template reference, results those of the S3 API's
PutBucket… calls.
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
    each,
    flag,
    integer,
    one_of,
    read_shape,
    shaped,
    text,
)
from esb_generator.resources.stack import Resource, Stack
from esb_generator.resources.tags import tags
from esb_generator.services.s3.lifecycle import lifecycle
from esb_generator.services.s3.notifications import notifications
from esb_schemas.lazy_pattern import LazyPattern

_NAME = LazyPattern(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ACLS = {
    "AuthenticatedRead": "authenticated-read",
    "Private": "private",
    "PublicRead": "public-read",
    "PublicReadWrite": "public-read-write",
}
# Canned ACLs that only concern AWS's own services or the bucket's owner.
_OWNER_ACLS = ("AwsExecRead", "BucketOwnerFullControl", "BucketOwnerRead", "LogDeliveryWrite")
_CORS_RULE: Shape = {
    "Id": Field(text, "ID"),
    "AllowedOrigins": Field(each(text), required=True),
    "AllowedMethods": Field(each(one_of("GET", "PUT", "POST", "DELETE", "HEAD")), required=True),
    "AllowedHeaders": Field(each(text)),
    "ExposedHeaders": Field(each(text), "ExposeHeaders"),
    "MaxAge": Field(integer(0), "MaxAgeSeconds"),
}
_ENCRYPTION_DEFAULT: Shape = {
    "SSEAlgorithm": Field(one_of("AES256", "aws:kms", "aws:kms:dsse"), required=True),
    "KMSMasterKeyID": Field(text),
}


def _default_encryption(node: Node) -> dict[str, Any]:
    values = read_shape(node, _ENCRYPTION_DEFAULT)
    if str(values.get("SSEAlgorithm")).startswith("aws:kms"):
        node.notice(f"no server of the stack has KMS keys; AES256 is used in place of {values['SSEAlgorithm']}")
        return {"SSEAlgorithm": "AES256"}
    return values


_ENCRYPTION_RULE: Shape = {
    "ServerSideEncryptionByDefault": Field(_default_encryption, "ApplyServerSideEncryptionByDefault"),
    "BucketKeyEnabled": Field(flag),
    "BlockedEncryptionTypes": SILENT,
}
_OWNERSHIP_RULE: Shape = {
    "ObjectOwnership": Field(one_of("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"), required=True)
}
_ACCESS_BLOCK: Shape = {
    "BlockPublicAcls": Field(flag),
    "BlockPublicPolicy": Field(flag),
    "IgnorePublicAcls": Field(flag),
    "RestrictPublicBuckets": Field(flag),
}


def _acl(node: Node) -> str | None:
    name = one_of(*_ACLS, *_OWNER_ACLS)(node)
    return _ACLS.get(name)


def _encryption(node: Node) -> dict[str, Any] | None:
    values = read_shape(
        node, {"ServerSideEncryptionConfiguration": Field(each(shaped(_ENCRYPTION_RULE)), required=True)}
    )
    rules = values.get("ServerSideEncryptionConfiguration", [])
    usable = [rule for rule in rules if "ApplyServerSideEncryptionByDefault" in rule]
    return {"Rules": usable} if usable else None


_ANALYSIS = Dropped("no such report or analysis is made")
BUCKET: Shape = {
    "BucketName": None,
    "BucketNamePrefix": SILENT,
    "BucketNamespace": SILENT,
    "AccessControl": Field(_acl, "ACL"),
    "OwnershipControls": Field(shaped({"Rules": Field(each(shaped(_OWNERSHIP_RULE)), required=True)})),
    "VersioningConfiguration": Field(shaped({"Status": Field(one_of("Enabled", "Suspended"), required=True)})),
    "CorsConfiguration": Field(
        shaped({"CorsRules": Field(each(shaped(_CORS_RULE)), "CORSRules", required=True)}), "CORSConfiguration"
    ),
    "LifecycleConfiguration": Field(lifecycle),
    "Tags": Field(lambda node: {"TagSet": tags(node)}, "Tagging"),
    "BucketEncryption": Field(_encryption, "ServerSideEncryptionConfiguration"),
    "PublicAccessBlockConfiguration": Field(shaped(_ACCESS_BLOCK)),
    "NotificationConfiguration": None,
    "AbacStatus": SILENT,
    "AccelerateConfiguration": SILENT,
    "AnalyticsConfigurations": _ANALYSIS,
    "IntelligentTieringConfigurations": SILENT,
    "InventoryConfigurations": _ANALYSIS,
    "LoggingConfiguration": Dropped("access logs are not written to a bucket"),
    "MetadataConfiguration": _ANALYSIS,
    "MetadataTableConfiguration": _ANALYSIS,
    "MetricsConfigurations": SILENT,
    "ObjectLockConfiguration": Dropped("objects are not locked"),
    "ObjectLockEnabled": Dropped("objects are not locked"),
    "ReplicationConfiguration": Dropped("objects are not replicated"),
    "WebsiteConfiguration": Dropped("no website is served; objects are read by the S3 API"),
}


def bucket(stack: Stack, resource: Resource) -> Mapping[str, Any]:
    """An AWS::S3::Bucket, with the notifications that functions' S3 events add to it."""
    name = stack.name(resource)
    if not _NAME.fullmatch(name):
        resource.problem(
            f"the bucket name {name!r} must be 3 to 63 lower-case letters, digits, - and .; "
            + stack.rename_hint(name, "give another BucketName")
        )
    definition = {"BucketName": name, **read_shape(resource.properties, BUCKET)}
    if notified := notifications(stack, resource):
        definition["NotificationConfiguration"] = notified
    return definition
