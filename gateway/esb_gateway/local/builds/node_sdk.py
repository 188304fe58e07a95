"""The packages of AWS's SDK, which AWS's Node.js images have and other machines do not."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

_SCRIPTS: Final = (".js", ".cjs", ".mjs")
_IMPORT: Final = re.compile(
    r"""(?:\bfrom|\bimport|\brequire)\s*\(?\s*["'](?P<name>@(?:aws-sdk|smithy)/[a-z0-9._-]+|aws-sdk)(?:/[^"']*)?["']"""
)
_OLD: Final = "aws-sdk"
# From Node.js 18 on, the images have version 3 of the SDK in place of version 2 (the AWS blog, "Node.js 18.x runtime
# now available in AWS Lambda").
_LAST_WITH_OLD: Final = 16
_RANGES: Final = {_OLD: "^2", "@aws-sdk": "^3", "@smithy": "*"}


def imported(code: Path) -> set[str]:
    """The packages of the SDK that the scripts of a folder import, those in `node_modules` left aside."""
    found: set[str] = set()
    for folder, below, files in os.walk(code):
        below[:] = [name for name in below if name != "node_modules"]
        for name in files:
            if name.endswith(_SCRIPTS):
                found |= imports_of(Path(folder, name).read_text(encoding="utf-8", errors="replace"))
    return found


def imports_of(script: str) -> set[str]:
    """The packages of the SDK that a script imports."""
    return {match["name"] for match in _IMPORT.finditer(script)}


def is_in_image(name: str, runtime: str) -> bool:
    """Whether AWS's image of the runtime, such as `nodejs22.x`, has this package."""
    number = re.search(r"\d+", runtime)
    return (number is not None and int(number[0]) <= _LAST_WITH_OLD) == (name == _OLD)


def version_range(name: str) -> str:
    """The version range in a package.json that gives the package as the images have it."""
    return _RANGES[name.split("/", maxsplit=1)[0]]
