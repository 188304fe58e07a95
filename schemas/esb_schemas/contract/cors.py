"""CORS: of an API and of a function URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from esb_schemas.records import record


class Cors(NamedTuple):
    """What is answered to preflight requests; an empty tuple means that nothing is said. `max_age` in seconds."""

    allow_origins: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    allow_credentials: bool = False
    max_age: int | None = None


def load_cors(entry: Mapping[str, Any]) -> Cors:
    """An entry of a valid file."""
    return record(Cors, entry)
