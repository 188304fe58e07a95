"""The seed of a bucket: an object for each file of a folder, written if the bucket has no object with its key."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import islice
from mimetypes import MimeTypes
from os.path import commonprefix
from pathlib import Path
from typing import Final

from esb_provisioner.amount import amount
from esb_provisioner.resources.seed import ASPECT, Seed, open_regular
from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.services.s3.calls import api_call
from esb_provisioner.services.s3.listing import LISTED_IN_A_CALL, keys
from esb_provisioner.steps import Api, Load, Resource

DEFAULT_TYPE: Final = "binary/octet-stream"  # as S3's own
_TYPES: Final = MimeTypes()  # only Python's own table, which is the same on every machine


def missing_keys(api: Api, bucket: str, seed: Seed) -> tuple[str, ...]:
    """The keys of the seed for which the bucket has no object.

    Lists the bucket, or asks for each key if that takes fewer calls because the bucket has many other objects.
    """
    missing = dict.fromkeys(seed.files())
    listed = keys(api, bucket, commonprefix([*missing]))  # noqa: RUF071 - of texts, not of paths
    for key in islice(listed, len(missing) * LISTED_IN_A_CALL):
        missing.pop(key, None)
        if not missing:
            return ()
    if next(listed, None) is None:
        return tuple(missing)
    return tuple(key for key in missing if not _exists(api, bucket, key))


def load(resource: Resource, seed: Seed, missing: Sequence[str] | None) -> Load:
    """Write the objects with these keys, or all if `missing` is None."""
    count = seed.records if missing is None else len(missing)
    run = partial(_load, resource.name, seed, None if missing is None else tuple(missing))
    return Load(resource, ASPECT, amount(count, "object"), "not found", run)


def content_type(key: str) -> str:
    """The type by the suffix of the key. `Content-Encoding` is not set, so a compressed file has DEFAULT_TYPE."""
    kind, encoding = _TYPES.guess_type(key)
    return DEFAULT_TYPE if encoding else kind or DEFAULT_TYPE


def _load(bucket: str, seed: Seed, missing: tuple[str, ...] | None, api: Api) -> None:
    files = seed.files()
    for key in files if missing is None else missing:
        _put(api, bucket, key, files[key])


def _put(api: Api, bucket: str, key: str, path: Path) -> None:
    try:
        with open_regular(path) as file:
            api(api_call("put_object", bucket, Key=key, Body=file, ContentType=content_type(key)))
    except OSError as error:
        raise ServerError(ErrorKind.FAILED, "UnusableFile", f"{path} cannot be read ({error.strerror})") from None


def _exists(api: Api, bucket: str, key: str) -> bool:
    try:
        api(api_call("head_object", bucket, Key=key))
    except ServerError as error:
        if error.kind is ErrorKind.MISSING:
            return False
        raise
    return True
