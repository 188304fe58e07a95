"""The options of `esb-gateway local`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LocalOptions:
    """`data` is the folder that keeps tables and objects; without it they end with the gateway.

    `build` are the options of an `esb build --watch` beside the gateway; None: there is none.
    `quiet`: nobody reads how to call what has started.
    `cloud`: ESB's own server of queues runs also if the application needs none.
    `testing`: requests may delete all data and see all invocations; excludes `data`.
    """

    root: Path
    host: str
    port: int
    data: Path | None
    environment: Mapping[str, str]
    build: tuple[str, ...] | None = None
    cloud: bool = False
    testing: bool = False
    quiet: bool = False
