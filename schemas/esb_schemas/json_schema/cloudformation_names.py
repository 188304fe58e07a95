"""Properties that have different names in CloudFormation and boto3; `resources.yml` uses boto3's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# CloudFormation's name of a property: boto3's name, and an addition to the hint about its value.
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
