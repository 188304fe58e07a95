"""Layouts that other tools write: recognised, and refused with the mend instead of being read as empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from esb_schemas.errors import Problem
from esb_schemas.kinds import Kind

ANOTHER_LAYOUT: Final = "this is another tool's layout; here the tables are a list 'DynamoDB', the buckets a list 'S3'"

TEMPLATE: Final = "this is a template, not what is made of it; run `esb build` and take the file below .esb/config/"

OTHER_TOP_KEYS: Final[Mapping[Kind, Mapping[str, str]]] = {
    "resources": {
        "resources": f"{ANOTHER_LAYOUT}, both at the top: rename the keys below 'resources' and move them there",
        "dynamodb": f"{ANOTHER_LAYOUT}: rename 'dynamodb' to 'DynamoDB'",
        "tables": f"{ANOTHER_LAYOUT}: rename 'tables' to 'DynamoDB'",
        "s3": f"{ANOTHER_LAYOUT}: rename 's3' to 'S3'",
        "buckets": f"{ANOTHER_LAYOUT}: rename 'buckets' to 'S3'",
        "Resources": TEMPLATE,
    },
    "functions": {"Resources": TEMPLATE},
    "routing": {"Resources": TEMPLATE},
}

# CloudFormation's name: boto3's name, and what to say about its value.
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


def other_layout(kind: Kind, document: object) -> Problem | None:
    """The first top-level key that shows another tool's layout, with the mend."""
    mends = OTHER_TOP_KEYS[kind]
    if not isinstance(document, Mapping):
        return None
    return next((Problem((key,), mends[key]) for key in document if key in mends), None)
