"""Deletes the contents of all embedded tables and buckets; they and their settings stay."""

from __future__ import annotations

from itertools import chain
from typing import Final

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

_PARTITION: Final = "aws"  # of all buckets, whatever their region


def delete_contents() -> dict[str, int]:
    """Returns how many items and objects there were. moto's own tables are emptied: its API takes a call for each."""
    return {"items": _empty_tables(), "objects": _empty_buckets()}


def _empty_tables() -> int:
    items = 0
    for backend in get_backend("dynamodb")[DEFAULT_ACCOUNT_ID].values():
        for table in backend.tables.values():
            items += len(table)
            table.items.clear()
    return items


def _empty_buckets() -> int:
    objects = 0
    for bucket in get_backend("s3")[DEFAULT_ACCOUNT_ID][_PARTITION].buckets.values():
        objects += len(bucket.keys)
        versions = chain.from_iterable(versions for _, versions in bucket.keys.lists())
        for content in chain(versions, bucket.multiparts.values()):
            if hasattr(content, "dispose"):  # a delete marker has no content
                content.dispose()
        bucket.keys.clear()
        bucket.multiparts.clear()
    return objects
