"""Properties that CloudFormation and boto3 call differently: `resources.yml` has boto3's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

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
