"""A test at the end of a run that what was provisioned works, for what a server may accept and not do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from esb_provisioner.servers.settings import Settings
from esb_provisioner.servers.waiting import Clock
from esb_provisioner.steps import Api


class SelfTestError(Exception):
    """What was provisioned does not work; the text is one sentence that says what to do."""


@dataclass(frozen=True)
class SelfTestContext:
    """What a test may use beside the servers."""

    environ: Mapping[str, str]
    settings: Settings
    clock: Clock


SelfTest: TypeAlias = Callable[[Sequence[Any], Api, SelfTestContext], None]
"""Of the definitions of a type. Leaves nothing behind. Raises SelfTestError and ServerError."""


def no_test(_definitions: Sequence[Any], _api: Api, _context: SelfTestContext) -> None:
    """Of a type that is what its servers say it is."""
