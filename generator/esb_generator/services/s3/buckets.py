"""AWS::S3::Bucket as an entry of resources.yml, in boto3's shapes.

Property names are those of "AWS::S3::Bucket" in the CloudFormation template reference, results those of the S3 API's
PutBucket… calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
    texts,
)
from esb_generator.resources.stack import Event, Resource, Stack
from esb_generator.resources.tags import tags
from esb_generator.services.s3.lifecycle import lifecycle
from esb_generator.values import Seq

_NAME = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
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
    said = read_shape(node, _ENCRYPTION_DEFAULT)
    if str(said.get("SSEAlgorithm")).startswith("aws:kms"):
        node.notice(f"no server of the stack has KMS keys; AES256 is used in place of {said['SSEAlgorithm']}")
        return {"SSEAlgorithm": "AES256"}
    return said


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
_FILTER_RULE: Shape = {"Name": Field(text, required=True), "Value": Field(text, required=True)}


def _acl(node: Node) -> str | None:
    name = one_of(*_ACLS, *_OWNER_ACLS)(node)
    return _ACLS.get(name)


def _encryption(node: Node) -> dict[str, Any] | None:
    said = read_shape(node, {"ServerSideEncryptionConfiguration": Field(each(shaped(_ENCRYPTION_RULE)), required=True)})
    rules = said.get("ServerSideEncryptionConfiguration", [])
    usable = [rule for rule in rules if "ApplyServerSideEncryptionByDefault" in rule]
    return {"Rules": usable} if usable else None


def _filter(node: Node) -> dict[str, Any]:
    said = read_shape(
        node, {"S3Key": Field(shaped({"Rules": Field(each(shaped(_FILTER_RULE)), required=True)}), required=True)}
    )
    rules = said.get("S3Key", {}).get("Rules", [])
    return {"Key": {"FilterRules": [{**rule, "Name": rule.get("Name", "").lower()} for rule in rules]}}


def _event(node: Node) -> list[str]:
    return [text(node)]


def _notification(target: str, arn: str) -> Shape:
    return {
        target: Field(text, arn, required=True),
        "Event": Field(_event, "Events", required=True),
        "Filter": Field(_filter),
    }


def _event_bridge(node: Node) -> dict[str, Any] | None:
    """EventBridgeEnabled defaults to true."""
    said = read_shape(node, {"EventBridgeEnabled": Field(flag)})
    return {} if said.get("EventBridgeEnabled", True) else None


_NOTIFICATIONS: Shape = {
    "LambdaConfigurations": Field(
        each(shaped(_notification("Function", "LambdaFunctionArn"))), "LambdaFunctionConfigurations"
    ),
    "QueueConfigurations": Field(each(shaped(_notification("Queue", "QueueArn")))),
    "TopicConfigurations": Field(each(shaped(_notification("Topic", "TopicArn")))),
    "EventBridgeConfiguration": Field(_event_bridge),
}
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
    "NotificationConfiguration": Field(shaped(_NOTIFICATIONS)),
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
            f"the bucket name {name!r} must be 3 to 63 lower-case letters, digits, - and .; give another BucketName"
        )
    definition = {"BucketName": name, **read_shape(resource.properties, BUCKET)}
    if definition.get("NotificationConfiguration"):
        _report_notifications(stack, resource.properties)
    if added := [entry for event in stack.events("S3") for entry in _notifications(stack, event, resource)]:
        said = dict(definition.get("NotificationConfiguration", {}))
        said["LambdaFunctionConfigurations"] = [*said.get("LambdaFunctionConfigurations", ()), *added]
        definition["NotificationConfiguration"] = said
    return definition


def _report_notifications(stack: Stack, properties: Node) -> None:
    """What the bucket itself says is not done; a function's S3 event is reported with the function."""
    node = properties.child("NotificationConfiguration")
    called = (stack.function(each.read("Function", text)) for each in node.items_of("LambdaConfigurations"))
    functions = list(dict.fromkeys(function.logical_id for function in called if function is not None))
    never = f"; {', '.join(functions)} {'is' if len(functions) == 1 else 'are'} never triggered by it"
    reason = f"the stack's S3 sends no notifications{never if functions else ''}"
    node.notice_at(properties.key_mark("NotificationConfiguration"), f"NotificationConfiguration: {reason}")


def event_support(properties: Node) -> str:
    """Why an S3 event is not delivered; it is checked as a part of its bucket's configuration."""
    properties.need("Bucket", text)
    properties.need("Events", _kinds)
    properties.read("Filter", _filter)
    return "the stack's S3 does not call functions"


def _notifications(stack: Stack, event: Event, bucket: Resource) -> Iterator[Mapping[str, Any]]:
    """The entries that an S3 event adds to its bucket's configuration, one for each kind, as the SAM transform does."""
    node = event.properties
    if stack.find(node.read("Bucket", text), (bucket.type,)) is not bucket:
        return
    chosen = node.read("Filter", _filter)
    filtered = {} if chosen is None else {"Filter": chosen}
    for kind in node.read("Events", _kinds) or ():
        yield {"LambdaFunctionArn": stack.function_arn(event.owner), "Events": [kind], **filtered}


def _kinds(node: Node) -> tuple[str, ...]:
    return texts(node) if isinstance(node.value, Seq) else (text(node),)
