"""The plan of a bucket: the file's definition and the current state give steps. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from esb_provisioner.reading import UNKNOWN
from esb_provisioner.services.s3.aspects import ASPECTS, Aspect, Value
from esb_provisioner.services.s3.calls import api_call
from esb_provisioner.services.s3.definition import Bucket
from esb_provisioner.services.s3.read import ObservedBucket
from esb_provisioner.settings import DEFAULT_REGION
from esb_provisioner.steps import Operation, ResourcePlan

NEW: ObservedBucket = ObservedBucket()


def plan(bucket: Bucket, seen: ObservedBucket | None) -> ResourcePlan:
    """What to do about a bucket; a new one counts as a bucket without any configuration."""
    steps = () if seen else (create(bucket),)
    seen = seen or NEW
    unknown = tuple(key for key in bucket.aspects if seen.aspects.get(key) is UNKNOWN)
    return ResourcePlan(bucket.resource, (*steps, *configuration(bucket, seen)), notes=bucket.notes, unknown=unknown)


def create(bucket: Bucket) -> Operation:
    """CreateBucket. S3 requires the region unless it is us-east-1; some servers know no regions."""
    call, fallback = api_call("create_bucket", bucket.name), None
    if bucket.region != DEFAULT_REGION:
        location = {"LocationConstraint": bucket.region}
        call, fallback = api_call("create_bucket", bucket.name, CreateBucketConfiguration=location), call
    return Operation(bucket.resource, "BucketName", "not found", call, essential=True, creates=True, fallback=fallback)


def configuration(bucket: Bucket, seen: ObservedBucket) -> Iterator[Operation]:
    """One operation for each aspect that differs from the file, in the order of ASPECTS."""
    for aspect in ASPECTS.values():
        if aspect.key not in bucket.aspects:
            continue
        wanted, has = bucket.aspects[aspect.key], seen.aspects.get(aspect.key)
        if has is UNKNOWN or aspect.is_same(wanted, has):
            continue
        call = api_call(aspect.write, bucket.name, **{aspect.key: aspect.to_write(wanted, has)})
        yield Operation(bucket.resource, aspect.key, cause(aspect, wanted, has), call, essential=aspect.essential)


def cause(aspect: Aspect, wanted: Value, has: Value) -> str:
    """What differs, with both values if they are short."""
    before, after = aspect.canonical(has), aspect.canonical(wanted)
    if isinstance(before, str) and isinstance(after, str):
        return f"{aspect.key}: {before} -> {after}"
    return f"{aspect.key}: {'not set' if has is None else 'differs'}"
