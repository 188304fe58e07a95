"""The keys of a bucket, in the order of the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.services.s3.calls import api_call
from esb_provisioner.steps import Answer, Api

LISTED_IN_A_CALL: Final = 1000  # keys, if no MaxKeys is given


def keys(api: Api, bucket: str, prefix: str = "") -> Iterator[str]:
    """The keys that begin with a prefix."""
    after, wanted = None, {"Prefix": prefix} if prefix else {}
    while True:
        page, after = list_page(api, bucket, after, **wanted)
        yield from page
        if after is None:
            return


def list_page(api: Api, bucket: str, after: Any, **params: Any) -> tuple[list[str], Any]:
    """The keys after a position, and the position after them.

    A position has the server's token, which may be invalid after a restart, and the last key for that case.
    """
    answer = (
        api(api_call("list_objects_v2", bucket, **params)) if after is None else _following(api, bucket, after, params)
    )
    keys = [each["Key"] for each in answer.get("Contents", ())]
    if after and keys and keys[0] == after["Key"]:
        del keys[0]  # radosgw counts StartAfter in
    if not answer.get("IsTruncated") or not keys:
        return keys, None
    return keys, {"Token": answer.get("NextContinuationToken"), "Key": keys[-1]}


def _following(api: Api, bucket: str, after: Mapping[str, Any], params: Mapping[str, Any]) -> Answer:
    if after["Token"]:
        try:
            return api(api_call("list_objects_v2", bucket, ContinuationToken=after["Token"], **params))
        except ServerError as error:
            if error.kind in (ErrorKind.UNREACHABLE, ErrorKind.BUSY, ErrorKind.MISSING):
                raise
    return api(api_call("list_objects_v2", bucket, StartAfter=after["Key"], **params))
