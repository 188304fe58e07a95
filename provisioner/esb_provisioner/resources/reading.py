"""Results of a read that have no value, and paged listings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, TypeAlias, TypeVar

from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.steps import Answer, Api, ApiCall

T = TypeVar("T")


class Unknown(Enum):
    """The server cannot return the current value; it is neither equal to nor different from the file's."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN
IsUnknown: TypeAlias = Literal[Unknown.UNKNOWN]


@dataclass(frozen=True)
class Unreadable:
    """A resource that could not be read."""

    reason: str


def unless_unsupported(read: Callable[[], T]) -> T | IsUnknown:
    """The result of `read`, or UNKNOWN if the server does not support it.

    A read of an existing resource has no invalid parameters, so a server that rejects it lacks the feature.
    """
    try:
        return read()
    except ServerError as error:
        if error.kind in (ErrorKind.UNSUPPORTED, ErrorKind.INVALID):
            return UNKNOWN
        raise


def all_pages(api: Api, call: ApiCall, token: str, next_token: str) -> list[Answer]:
    """All pages of a listing: `next_token` of an answer is `token` of the next call."""
    pages = [api(call)]
    while value := pages[-1].get(next_token):
        pages.append(api(ApiCall(call.service, call.operation, {**call.params, token: value})))
    return pages
