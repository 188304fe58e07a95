"""Lets awslambdaric set `_X_AMZN_TRACE_ID` for each invocation without growing.

glibc's setenv keeps every value that a variable ever had: 144 bytes more for each invocation, until the process ends.
Its putenv uses the caller's memory instead, which can be overwritten.
"""

# ruff: noqa: PLC0415  (late imports: a process pays only for what it needs)
from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # importing typing would cost more than all of this
if TYPE_CHECKING:
    from types import ModuleType

NAME = b"_X_AMZN_TRACE_ID"
MAX_LENGTH = 1024  # bytes; X-Ray's have about a hundred


def keep_one(_: ModuleType) -> None:
    """On Linux: overwrite the trace id for each invocation, for this process and its children."""
    if sys.platform != "linux":
        return
    import ctypes

    libc, set_any = ctypes.CDLL(None), os.putenv
    entry = ctypes.create_string_buffer(len(NAME) + 1 + MAX_LENGTH + 1)

    def putenv(name: bytes, value: bytes) -> None:
        if name == NAME and len(value) <= MAX_LENGTH and b"\0" not in value:
            entry.value = b"%b=%b" % (name, value)
            libc.putenv(entry)
        else:
            set_any(name, value)

    os.putenv = putenv  # type: ignore[assignment]  # os.environ passes both as bytes
