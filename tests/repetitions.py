"""How often tests of kills and of chance repeat: ESB_REPEAT times what `nox -s tests` has time for."""

from __future__ import annotations

import os

_FACTOR = int(os.environ.get("ESB_REPEAT", "1"))


def repeated(times: int) -> int:
    """How often to repeat; `times` without ESB_REPEAT."""
    return times * _FACTOR
