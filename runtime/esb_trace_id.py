"""Lets awslambdaric set `_X_AMZN_TRACE_ID` for each invocation without growing.

glibc's setenv keeps every value that a variable ever had: 144 bytes more for each invocation, for as long as the
process lives. Its putenv takes the caller's memory instead, which may be written over.
"""

# ruff: noqa: PLC0415  (imports are late: a process that needs less pays less)
from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing itself would cost more than all of this
if TYPE_CHECKING:
    from types import ModuleType

NAME = b"_X_AMZN_TRACE_ID"
LONGEST = 1024  # bytes; X-Ray's own have a hundred


def keep_one(_: ModuleType) -> None:
    """On Linux: write each trace id over the one before, for this process and its children."""
    if sys.platform != "linux":
        return
    import ctypes

    libc, set_any = ctypes.CDLL(None), os.putenv
    entry = ctypes.create_string_buffer(len(NAME) + 1 + LONGEST + 1)

    def putenv(name: bytes, value: bytes) -> None:
        if name == NAME and len(value) <= LONGEST and b"\0" not in value:
            entry.value = b"%b=%b" % (name, value)
            libc.putenv(entry)
        else:
            set_any(name, value)

    os.putenv = putenv  # type: ignore[assignment]  # os.environ, which calls it, has made bytes of both
