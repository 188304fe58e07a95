"""The target of `--debug`."""

from __future__ import annotations

from typing import NamedTuple


class DebugTarget(NamedTuple):
    """A function by its name or logical id, and a port; None: the usual one of its language, or the next."""

    function: str
    port: int | None = None
