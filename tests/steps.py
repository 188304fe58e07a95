"""The work of a call, counted: a test of it does not depend on the speed of the machine, or on what else runs there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType


def steps_of(call: Callable[[], object]) -> int:
    """How many functions are called, those of C among them. One call of a regular expression is one step."""
    steps = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal steps
        steps += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        call()
    finally:
        sys.setprofile(before)
    return steps
