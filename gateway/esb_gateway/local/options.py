"""What `esb-gateway local` was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Wish:
    """`data` is the folder that keeps tables and objects; without it they end with the gateway.

    `build`: options of an `esb build --watch` beside the gateway; without it there is none.
    """

    root: Path
    host: str
    port: int
    data: Path | None
    environment: Mapping[str, str]
    build: tuple[str, ...] | None = None
