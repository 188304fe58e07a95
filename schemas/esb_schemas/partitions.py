"""Partitions of AWS: the groups of regions with the same ARN prefix.

"AWS partitions" in the AWS General Reference; the ids, regions and domains are those of botocore's partitions.json.
"""

from __future__ import annotations

from typing import Final

_AWS: Final = ("aws", "amazonaws.com")
_BY_PREFIX: Final = {
    "cn-": ("aws-cn", "amazonaws.com.cn"),
    "us-gov-": ("aws-us-gov", "amazonaws.com"),
    "us-iso-": ("aws-iso", "c2s.ic.gov"),
    "us-isob-": ("aws-iso-b", "sc2s.sgov.gov"),
    "eu-isoe-": ("aws-iso-e", "cloud.adc-e.uk"),
    "us-isof-": ("aws-iso-f", "csp.hci.ic.gov"),
    "eusc-": ("aws-eusc", "amazonaws.eu"),
}

PARTITIONS: Final = (_AWS[0], *(partition for partition, _ in _BY_PREFIX.values()))


def partition_of(region: str) -> str:
    """The partition of a region, the second part of its ARNs: `aws`, `aws-cn`, `aws-us-gov` …"""
    return _row(region)[0]


def url_suffix_of(region: str) -> str:
    """The domain of AWS's endpoints in a region."""
    return _row(region)[1]


def arn_of(service: str, region: str, account: str, resource: str) -> str:
    """The ARN of a resource in a region, with the region's partition."""
    return f"arn:{partition_of(region)}:{service}:{region}:{account}:{resource}"


def global_arn(service: str, region: str, account: str, resource: str) -> str:
    """The ARN of a resource without a region in it (IAM), or without region and account (S3: `account` is empty)."""
    return f"arn:{partition_of(region)}:{service}::{account}:{resource}"


def _row(region: str) -> tuple[str, str]:
    return next((row for prefix, row in _BY_PREFIX.items() if region.startswith(prefix)), _AWS)
