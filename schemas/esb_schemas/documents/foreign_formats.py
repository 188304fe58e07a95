"""Formats of other tools: refused with a hint, where they would otherwise be read as empty or explained key by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from esb_schemas.documents.kinds import Kind
from esb_schemas.errors import Problem

FOREIGN: Final = "this is another tool's format; here the tables are a list 'DynamoDB', the buckets a list 'S3'"

TEMPLATE: Final = "this is a template, not the output of `esb build`; run it, and use the file below .esb/config/"

# Top-level keys that show a foreign format, with the message.
FOREIGN_KEYS: Final[Mapping[Kind, Mapping[str, str]]] = {
    "resources": {
        "resources": f"{FOREIGN}, both at the top: rename the keys below 'resources' and move them there",
        "dynamodb": f"{FOREIGN}: rename 'dynamodb' to 'DynamoDB'",
        "tables": f"{FOREIGN}: rename 'tables' to 'DynamoDB'",
        "s3": f"{FOREIGN}: rename 's3' to 'S3'",
        "buckets": f"{FOREIGN}: rename 'buckets' to 'S3'",
        "Resources": TEMPLATE,
    },
    "functions": {"Resources": TEMPLATE},
    "routing": {"Resources": TEMPLATE},
}

# By CloudFormation's name of a property: boto3's, and what to add to the hint about its value.
CLOUDFORMATION_KEYS: Final[Mapping[str, tuple[str, str]]] = {
    "AccessControl": ("ACL", ", with values like 'public-read'"),
    "BucketEncryption": ("ServerSideEncryptionConfiguration", ", with 'Rules'"),
    "CorsConfiguration": ("CORSConfiguration", ""),
    "CorsRules": ("CORSRules", ""),
    "Event": ("Events", ", a list"),
    "ExpirationDate": ("Expiration", ", with 'Date'"),
    "ExpirationInDays": ("Expiration", ", with 'Days'"),
    "ExposedHeaders": ("ExposeHeaders", ""),
    "Function": ("LambdaFunctionArn", ""),
    "Id": ("ID", ""),
    "LambdaConfigurations": ("LambdaFunctionConfigurations", ""),
    "MaxAge": ("MaxAgeSeconds", ""),
    "NoncurrentVersionExpirationInDays": ("NoncurrentVersionExpiration", ", with 'NoncurrentDays'"),
    "Queue": ("QueueArn", ""),
    "Rules": ("FilterRules", ""),
    "S3Key": ("Key", ", with 'FilterRules'"),
    "SSEEnabled": ("Enabled", ""),
    "ServerSideEncryptionByDefault": ("ApplyServerSideEncryptionByDefault", ""),
    "ServerSideEncryptionConfiguration": ("Rules", ""),
    "Topic": ("TopicArn", ""),
    "TransitionDate": ("Date", ""),
    "TransitionInDays": ("Days", ""),
}


def foreign_format(kind: Kind, document: object) -> Problem | None:
    """The problem of the first top-level key that shows a foreign format."""
    messages = FOREIGN_KEYS[kind]
    if not isinstance(document, Mapping):
        return None
    return next((Problem((key,), messages[key]) for key in document if key in messages), None)
