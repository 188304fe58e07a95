"""Reads manifests of languages, TOML and JSON. Users write them, so any value may have a wrong type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from esb_generator.errors import BuildError
from esb_generator.output.build_methods.build import Files
from esb_generator.toml_text import parse_toml


def read_toml(files: Files, name: str) -> dict[str, Any] | None:
    """None if there is no such file. Raises BuildError if it is not TOML."""
    text = files.read(name)
    if text is None:
        return None
    try:
        return parse_toml(text)
    except (ValueError, RecursionError) as error:
        raise BuildError(f"{name} is not TOML: {error}") from error


def read_object(files: Files, name: str) -> dict[str, Any] | None:
    """None if there is no such file. Raises BuildError if it is not a JSON object."""
    text = files.read(name)
    if text is None:
        return None
    try:
        found = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise BuildError(f"{name} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise BuildError(f"{name} is not a JSON object")
    return found


def mapping(manifest: Mapping[str, Any], name: str, *keys: str) -> dict[str, Any]:
    """The mapping at these keys of the manifest `name`, empty if there is none. Raises BuildError for another type."""
    found: Any = manifest
    for number, key in enumerate(keys, 1):
        found = found.get(key) or {}
        if not isinstance(found, dict):
            raise BuildError(f"{name}: {'.'.join(keys[:number])} must be a mapping")
    return dict(found)
