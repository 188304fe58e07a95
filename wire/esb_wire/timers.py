"""Timers as an argument: the type of an event loop's `call_later`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias


class Timer(Protocol):
    """A call that `CallLater` has planned."""

    def cancel(self) -> None:
        """Do not call."""


CallLater: TypeAlias = Callable[[float, Callable[[], None]], Timer]  # seconds, and what is called then
