"""Keeps the package.json of the project apart from its functions.

Node.js looks for the `"type"` of a script in the nearest package.json above it. On AWS that is one of the function;
here it would be the project's, whose folder the output of `esb build` is in.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from esb_gateway.errors import ConfigurationError
from esb_gateway.local.rooted_paths import file_below

_PACKAGE: Final = "package.json"
_TEXT: Final = (
    json.dumps({"private": True, "description": "Ends Node.js's search for the package of a function."}) + "\n"
)


def separate(root: Path) -> None:
    """Write a package.json without a type into the folder if one above has a type. Raises ConfigurationError."""
    file = file_below(root, _PACKAGE)
    if file.exists() or not any(_has_type(folder / _PACKAGE) for folder in root.resolve().parents):
        return
    try:
        file.write_text(_TEXT, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{file}: cannot be written ({error.strerror}); without it, the type of the package.json above counts."
        ) from error


def _has_type(file: Path) -> bool:
    try:
        document = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(document, dict) and "type" in document
