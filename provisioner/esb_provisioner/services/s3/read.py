"""The current state of a bucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from esb_provisioner.errors import ErrorKind, ServerError
from esb_provisioner.reading import UNKNOWN, unless_unsupported
from esb_provisioner.services.s3.aspects import ASPECTS, Aspect, Value
from esb_provisioner.services.s3.calls import BACKEND, api_call
from esb_provisioner.services.s3.definition import Bucket
from esb_provisioner.steps import Answer, Api, ApiCall


@dataclass(frozen=True)
class ObservedBucket:
    """A bucket that exists: its configuration by the file's keys, None where it has none."""

    aspects: Mapping[str, Any] = field(default_factory=dict)


def list_buckets(api: Api) -> frozenset[str]:
    """The names of all buckets that belong to the caller."""
    answer = api(ApiCall(BACKEND.service, "list_buckets", {}))
    return frozenset(bucket["Name"] for bucket in answer.get("Buckets", ()))


def read(api: Api, bucket: Bucket, _answers: Sequence[Answer]) -> ObservedBucket:
    """The aspects that the file names."""
    return ObservedBucket({key: read_aspect(api, bucket.name, ASPECTS[key]) for key in bucket.aspects})


def read_aspect(api: Api, bucket: str, aspect: Aspect) -> Value:
    """One aspect in the file's shape, None if the bucket has none."""
    try:
        answer = unless_unsupported(partial(api, api_call(aspect.read, bucket)))
    except ServerError as error:
        if error.kind is ErrorKind.MISSING and error.code != "NoSuchBucket":
            return None
        raise
    return UNKNOWN if answer is UNKNOWN else aspect.from_answer(answer)
