"""The current state of a bucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from esb_provisioner.resources.reading import UNKNOWN, unless_unsupported
from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.services.s3.bucket_settings import BUCKET_SETTINGS, BucketSetting, Value
from esb_provisioner.services.s3.calls import BACKEND, api_call
from esb_provisioner.services.s3.definition import Bucket
from esb_provisioner.services.s3.seeding import missing_keys
from esb_provisioner.steps import Answer, Api, ApiCall


@dataclass(frozen=True)
class ObservedBucket:
    """A bucket that exists: its configuration by the file's keys, None where it has none.

    `missing` are the keys of the seed without an object, None if that was not read.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] | None = None


def list_buckets(api: Api) -> frozenset[str]:
    """The names of all buckets that belong to the caller."""
    answer = api(ApiCall(BACKEND.service, "list_buckets", {}))
    return frozenset(bucket["Name"] for bucket in answer.get("Buckets", ()))


def read(api: Api, bucket: Bucket, _answers: Sequence[Answer]) -> ObservedBucket:
    """The settings that the file gives."""
    settings = {key: read_setting(api, bucket.name, BUCKET_SETTINGS[key]) for key in bucket.settings}
    return ObservedBucket(settings, missing_keys(api, bucket.name, bucket.seed) if bucket.seed else None)


def read_setting(api: Api, bucket: str, setting: BucketSetting) -> Value:
    """One setting in the file's shape, None if the bucket has none."""
    try:
        answer = unless_unsupported(partial(api, api_call(setting.read, bucket)))
    except ServerError as error:
        if error.kind is ErrorKind.MISSING and error.code != "NoSuchBucket":
            return None
        raise
    return UNKNOWN if answer is UNKNOWN else setting.from_answer(answer)
