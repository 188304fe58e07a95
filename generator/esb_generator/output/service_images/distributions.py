"""The requirements of ESB's distributions: from the release, or from the METADATA of each if installed separately.

importlib.metadata could read them, but its imports are 6 % of a small build's instructions.
"""

from __future__ import annotations

import functools
import sys
from pathlib import Path

from esb_generator.errors import BuildError
from esb_schemas.release import release

_REQUIRES = "Requires-Dist: "


@functools.cache
def requires(distribution: str) -> tuple[str, ...]:
    """The requirements of a distribution, without its extras. Raises BuildError."""
    known = release().requires
    if known is not None and distribution in known:
        return tuple(known[distribution])
    lines = _metadata(distribution).partition("\n\n")[0].splitlines()
    found = [line.removeprefix(_REQUIRES) for line in lines if line.startswith(_REQUIRES)]
    return tuple(line for line in found if "extra ==" not in line)


def _metadata(distribution: str) -> str:
    pattern = f"{distribution.replace('-', '_')}-*.dist-info/METADATA"
    for path in (path for folder in sys.path for path in Path(folder).glob(pattern)):
        return path.read_text("utf-8")
    raise BuildError(f"the metadata of {distribution} is missing; install edge-serverless-box again")
