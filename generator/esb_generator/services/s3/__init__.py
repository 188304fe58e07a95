"""Amazon S3: buckets and their configuration."""

from __future__ import annotations

from esb_generator.cloudformation.resource_values.resource_types import Name
from esb_generator.resources.service import (
    SEED,
    EventSourceType,
    ResourceType,
    Service,
    rows_of_missing,
    rows_without_effect,
)
from esb_generator.services.s3.buckets import BUCKET, bucket
from esb_generator.services.s3.notifications import BUCKET_TYPE, report_other_buckets

_ATTRIBUTES = {
    "Arn": "arn:{partition}:s3:::{name}",
    "DomainName": "{name}.s3.{suffix}",
    "DualStackDomainName": "{name}.s3.dualstack.{region}.{suffix}",
    "RegionalDomainName": "{name}.s3.{region}.{suffix}",
    "WebsiteURL": "http://{name}.s3-website-{region}.{suffix}",
}

SERVICE = Service(
    "s3",
    (
        ResourceType(
            BUCKET_TYPE,
            Name("BucketName", longest=63, lower_case=True),
            _ATTRIBUTES,
            kind="bucket",
            only_these_attributes=True,
            identity=frozenset({"BucketName"}),
            properties=BUCKET,
            without_effect=frozenset({"Tags", "*.KMSMasterKeyID"}),
            esb_keys=frozenset({SEED}),
            section="S3",
            read=bucket,
        ),
        *rows_without_effect("AWS::S3::BucketPolicy", counted="policy"),
        *rows_of_missing("such part of S3", "AWS::S3::*"),
    ),
    (EventSourceType("S3", source="Bucket"),),
    report_other_buckets,
)
