"""The release: its number, the commit that it was built from, and what its distributions require.

`release.json` is beside this module where `edge-serverless-box` is installed; see hatch_build.py.
"""

import json
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

NUMBER: Final = "0.1.0"
FILE: Final = "release.json"


class Release(NamedTuple):
    version: str
    requires: dict[str, list[str]] | None  # by distribution; None if each one is installed with its own metadata


@cache
def release() -> Release:
    """The release that is installed; in the stack's images and in a source tree, its number alone."""
    path = Path(__file__).with_name(FILE)
    return Release(**json.loads(path.read_bytes())) if path.is_file() else Release(NUMBER, None)
