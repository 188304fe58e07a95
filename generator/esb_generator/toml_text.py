"""Parses TOML, which few applications have files of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def parse_toml(text: str, *, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """The tables of a text, as `tomllib.loads` gives them. Raises ValueError, and RecursionError."""
    import tomllib  # noqa: PLC0415 - its patterns take 4 % of `esb validate`

    return tomllib.loads(text, parse_float=parse_float)
