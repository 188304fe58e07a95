"""Other programs, run to their end."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence


def finished(
    command: Sequence[str], seconds: float, *, given: str = "", environment: Mapping[str, str] | None = None
) -> tuple[int, str, str] | None:
    """Exit code, standard output and standard error of a command; None if it takes longer than `seconds`.

    Raises OSError if it cannot be started.
    """
    try:
        done = subprocess.run(
            command,
            input=given,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.returncode, done.stdout, done.stderr
