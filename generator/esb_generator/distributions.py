"""What is known of the installed distributions, from their METADATA files.

importlib.metadata reads them too, and imports mail, sockets and archives for it: 6 % of a small build's instructions.
"""

from __future__ import annotations

import sys
from pathlib import Path

from esb_generator.errors import BuildError


def version(distribution: str) -> str:
    """The version of an installed distribution. Raises BuildError."""
    return _field(distribution, "Version")[0]


def requires(distribution: str) -> list[str]:
    """What a distribution requires without its extras, as in its metadata. Raises BuildError."""
    return [line for line in _field(distribution, "Requires-Dist") if "extra ==" not in line]


def _field(distribution: str, name: str) -> list[str]:
    lines = _metadata(distribution).partition("\n\n")[0].splitlines()
    return [line.removeprefix(f"{name}: ") for line in lines if line.startswith(f"{name}: ")]


def _metadata(distribution: str) -> str:
    pattern = f"{distribution.replace('-', '_')}-*.dist-info/METADATA"
    for path in (path for folder in sys.path for path in Path(folder).glob(pattern)):
        return path.read_text("utf-8")
    raise BuildError(f"the metadata of {distribution} is missing; install esb-generator again")
