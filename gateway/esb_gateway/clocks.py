"""Time as an argument: the types of clocks that the rest of the package is given."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

Clock: TypeAlias = Callable[[], float]  # seconds; of the wall clock (since 1970) where nothing else is said
Sleep: TypeAlias = Callable[[float], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Clocks:
    """`steady` measures durations and never jumps; `wall` gives seconds since 1970."""

    steady: Clock = time.monotonic
    wall: Clock = time.time


SYSTEM_CLOCKS = Clocks()
