"""Listing the objects of a bucket, on servers that differ."""

from __future__ import annotations

from typing import Any

import pytest

from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.services.s3.contents import Objects
from esb_provisioner.steps import Answer, ApiCall

KEYS = [f"k{number}" for number in range(7)]


class Storage:
    """Lists three keys at a time; `forgets` tokens, or counts StartAfter `in`."""

    def __init__(self, *, forgets: bool = False, inclusive: bool = False) -> None:
        self._forgets, self._inclusive = forgets, inclusive

    def __call__(self, call: ApiCall) -> Answer:
        start = 0
        if token := call.params.get("ContinuationToken"):
            if self._forgets:
                raise ServerError(ErrorKind.UNAUTHORIZED, "InvalidToken", "The continuation token is incorrect")
            start = int(token)
        elif after := call.params.get("StartAfter"):
            start = KEYS.index(after) + (0 if self._inclusive else 1)
        answer: dict[str, Any] = {"Contents": [{"Key": key} for key in KEYS[start : start + 3]]}
        if start + 3 < len(KEYS):
            answer |= {"IsTruncated": True, "NextContinuationToken": str(start + 3)}
        return answer


@pytest.mark.parametrize("forgets", [False, True])
@pytest.mark.parametrize("inclusive", [False, True])
def test_each_object_is_counted_once(forgets: bool, inclusive: bool) -> None:
    assert Objects().count(Storage(forgets=forgets, inclusive=inclusive), "media") == len(KEYS)


def test_a_server_that_goes_away_is_not_asked_in_another_way() -> None:
    def api(call: ApiCall) -> Answer:
        if "ContinuationToken" in call.params:
            raise ServerError(ErrorKind.UNREACHABLE, "ConnectionClosedError", "")
        return Storage()(call)

    with pytest.raises(ServerError):
        Objects().count(api, "media")
