"""Runs other programs."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence


def run_with_timeout(
    command: Sequence[str], seconds: float, *, stdin: str = "", environment: Mapping[str, str] | None = None
) -> tuple[int, str, str] | None:
    """Run a command; returns exit code, standard output and standard error, or None if it takes longer than `seconds`.

    Raises OSError if it cannot be started.
    """
    try:
        done = subprocess.run(
            command,
            input=stdin,
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
