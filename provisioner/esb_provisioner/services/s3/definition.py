"""A bucket of resources.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from esb_provisioner.resources.seed import ASPECT, Seed
from esb_provisioner.servers.settings import DEFAULT_REGION
from esb_provisioner.services.s3.bucket_settings import NOTIFICATIONS
from esb_provisioner.steps import Resource

NUMBERS: Final = """Days DaysAfterInitiation MaxAgeSeconds NewerNoncurrentVersions NoncurrentDays ObjectSizeGreaterThan
    ObjectSizeLessThan"""
INTEGERS: Final = frozenset(NUMBERS.split())


@dataclass(frozen=True)
class Bucket:
    """A bucket of the file; `settings` is its configuration by the file's keys, in boto3's shapes.

    `notifies`: it has notifications. The gateway delivers them, so the file's setting is not written to the bucket.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    region: str = DEFAULT_REGION
    seed: Seed | None = None
    notifies: bool = False

    @property
    def resource(self) -> Resource:
        return Resource("bucket", self.name)


def parse(entry: Mapping[str, Any], region: str) -> Bucket:
    """One entry of `S3`."""
    others = ("BucketName", NOTIFICATIONS, ASPECT)
    settings = {key: value for key, value in entry.items() if key not in others}
    return Bucket(
        entry["BucketName"], settings, region, seed=entry.get(ASPECT), notifies=bool(entry.get(NOTIFICATIONS))
    )
