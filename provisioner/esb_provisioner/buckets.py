"""The plan of one bucket. Pure: what the file says and what was seen go in, steps come out."""

from __future__ import annotations

from collections.abc import Iterator

from esb_provisioner.bucket_aspects import ASPECTS, Aspect, Value
from esb_provisioner.desired import Bucket
from esb_provisioner.observed import UNKNOWN, ObservedBucket, Unreadable
from esb_provisioner.settings import DEFAULT_REGION
from esb_provisioner.steps import Call, Operation, ResourcePlan

NEW: ObservedBucket = ObservedBucket()


def plan_bucket(bucket: Bucket, seen: ObservedBucket | Unreadable | None) -> ResourcePlan:
    """What there is to do about a bucket; a new one counts as a bucket without any configuration."""
    match seen:
        case None:
            steps = (create(bucket), *configuration(bucket, NEW))
            return ResourcePlan(bucket.resource, steps, notes=bucket.notes)
        case Unreadable(reason):
            return ResourcePlan(bucket.resource, unreadable=reason)
        case ObservedBucket():
            steps = tuple(configuration(bucket, seen))
            return ResourcePlan(bucket.resource, steps, notes=bucket.notes, unknown=unknown(bucket, seen))


def create(bucket: Bucket) -> Operation:
    """CreateBucket. S3 wants the region named unless it is us-east-1; some servers know no regions."""
    plain = Call("create_bucket", {"Bucket": bucket.name})
    if bucket.region == DEFAULT_REGION:
        return Operation(bucket.resource, "BucketName", "not found", plain, essential=True)
    location = {"CreateBucketConfiguration": {"LocationConstraint": bucket.region}}
    located = Call("create_bucket", {"Bucket": bucket.name, **location})
    return Operation(bucket.resource, "BucketName", "not found", located, essential=True, bare=plain)


def configuration(bucket: Bucket, seen: ObservedBucket) -> Iterator[Operation]:
    """One operation for each aspect that differs from the file."""
    for aspect in ASPECTS.values():
        if aspect.key not in bucket.aspects:
            continue
        wanted, has = bucket.aspects[aspect.key], seen.aspects.get(aspect.key)
        if has is UNKNOWN or aspect.same(wanted, has):
            continue
        call = Call(aspect.write, {"Bucket": bucket.name, aspect.key: aspect.written(wanted, has)})
        yield Operation(bucket.resource, aspect.key, cause(aspect, wanted, has), call, essential=aspect.essential)


def cause(aspect: Aspect, wanted: Value, has: Value) -> str:
    """What differs, with both values where they are short."""
    before, after = aspect.canonical(has), aspect.canonical(wanted)
    if isinstance(before, str) and isinstance(after, str):
        return f"{aspect.key}: {before} -> {after}"
    return f"{aspect.key}: {'not set' if has is None else 'differs'}"


def unknown(bucket: Bucket, seen: ObservedBucket) -> tuple[str, ...]:
    """The aspects that the server cannot tell."""
    return tuple(key for key in bucket.aspects if seen.aspects.get(key) is UNKNOWN)
