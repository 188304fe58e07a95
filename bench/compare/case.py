"""A case of the acceptance program: a sentence, where AWS says so, and a check that raises AssertionError."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from botocore.exceptions import ClientError

from bench.compare.aws import Aws

Check: TypeAlias = Callable[[Aws], None]


@dataclass(frozen=True, slots=True)
class Case:
    """`source` names a page of AWS's guides, or a recorded answer. `differs` says why esb-cloud answers otherwise."""

    service: str
    says: str
    source: str
    check: Check
    differs: str = ""


class Cases:
    """The cases of a service, in order."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.all: list[Case] = []

    def add(self, says: str, source: str, *, differs: str = "") -> Callable[[Check], Check]:
        """Decorates a check."""

        def register(check: Check) -> Check:
            self.all.append(Case(self.service, says, source, check, differs))
            return check

        return register


def equal(found: object, expected: object, what: str = "") -> None:
    """Raises AssertionError with both values."""
    if found != expected:
        raise AssertionError(f"{what}{': ' if what else ''}{_short(found)} instead of {_short(expected)}")


def refused(code: str, call: Callable[..., object], **parameters: object) -> None:
    """Call, and expect this error code. Raises AssertionError if it succeeds, or with the other code."""
    try:
        call(**parameters)
    except ClientError as error:
        equal(error.response["Error"]["Code"], code, "error")
    else:
        raise AssertionError(f"accepted, instead of {code}")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:100]}…"
