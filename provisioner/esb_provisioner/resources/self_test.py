"""A test at the end of a run, for settings that a server may accept without applying them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from esb_provisioner.servers.settings import Settings
from esb_provisioner.servers.waiting import Clock
from esb_provisioner.steps import Api


class SelfTestError(Exception):
    """The self-test failed; the text is one sentence that says what to do."""


@dataclass(frozen=True)
class SelfTestContext:
    """The input of a test besides the servers."""

    environ: Mapping[str, str]
    settings: Settings
    clock: Clock


SelfTest: TypeAlias = Callable[[Sequence[Any], Api, SelfTestContext], None]
"""Tests the definitions of a type, and leaves nothing behind. Raises SelfTestError and ServerError."""


def no_test(_definitions: Sequence[Any], _api: Api, _context: SelfTestContext) -> None:
    """For types that need no test."""
