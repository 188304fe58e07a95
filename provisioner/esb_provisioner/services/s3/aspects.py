"""Compares a bucket of the file with the one on the server, and creates it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from esb_provisioner.resources.aspect import Aspect
from esb_provisioner.resources.reading import UNKNOWN
from esb_provisioner.resources.seed import ASPECT, Seed
from esb_provisioner.servers.settings import DEFAULT_REGION
from esb_provisioner.services.s3.bucket_settings import BUCKET_SETTINGS, BucketSetting, Value
from esb_provisioner.services.s3.calls import api_call
from esb_provisioner.services.s3.definition import Bucket
from esb_provisioner.services.s3.read import ObservedBucket
from esb_provisioner.services.s3.seeding import load
from esb_provisioner.steps import Operation, Resource, Step


def aspects(bucket: Bucket, seen: ObservedBucket) -> Iterator[Aspect]:
    """The settings that the file gives, in the order of BUCKET_SETTINGS."""
    for setting in BUCKET_SETTINGS.values():
        if setting.key not in bucket.settings:
            continue
        wanted, has = bucket.settings[setting.key], seen.settings.get(setting.key)
        desired = text(setting.canonical(wanted))
        if has is UNKNOWN:
            yield Aspect(setting.key, desired, UNKNOWN)
            continue
        call = api_call(setting.write, bucket.name, **{setting.key: setting.to_write(wanted, has)})
        what = cause(setting, wanted, has)
        step = Operation(bucket.resource, setting.key, what, call, essential=setting.essential)
        live = text(setting.canonical(has))
        yield Aspect(setting.key, desired, live, (step,), same=setting.is_same(wanted, has))
    if bucket.seed:
        yield seed_aspect(bucket.resource, bucket.seed, seen.missing)


def create(bucket: Bucket) -> Iterator[Step]:
    """CreateBucket, then the settings that a new bucket lacks.

    S3 requires the region unless it is us-east-1; some servers have no regions.
    """
    call, fallback = api_call("create_bucket", bucket.name), None
    if bucket.region != DEFAULT_REGION:
        location = {"LocationConstraint": bucket.region}
        call, fallback = api_call("create_bucket", bucket.name, CreateBucketConfiguration=location), call
    yield Operation(bucket.resource, "BucketName", "not found", call, essential=True, creates=True, fallback=fallback)
    for aspect in aspects(bucket, ObservedBucket()):
        if aspect.differs:
            yield from aspect.steps


def seed_aspect(resource: Resource, seed: Seed, missing: Sequence[str] | None) -> Aspect:
    """The objects of the seed; those whose key is `missing` are written, without a list all."""
    count = seed.records if missing is None else len(missing)
    live = "none" if count == seed.records else str(seed.records - count)
    step = load(resource, seed, missing)
    return Aspect(ASPECT, str(seed.records), live, (step,), same=not count)


def cause(setting: BucketSetting, wanted: Value, has: Value) -> str:
    """The difference, with both values if they are short."""
    before, after = setting.canonical(has), setting.canonical(wanted)
    if isinstance(before, str) and isinstance(after, str):
        return f"{setting.key}: {before} -> {after}"
    return f"{setting.key}: {'not set' if has is None else 'differs'}"


def text(value: Any) -> str:
    """A canonical value as one line."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return f"[{', '.join(value)}]"  # lifecycle rules are JSON texts already
    return json.dumps(value, sort_keys=True)
