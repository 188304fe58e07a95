"""Starts AWS's runtime client for one function: `start_function.py PARENT_PID HANDLER`.

It runs in the function's own interpreter, as a file, so it imports nothing of this package. On Linux the process dies
with the thread that started it, whatever ends that thread.
"""

import os
import signal
import sys

if sys.platform == "linux":
    import ctypes

PR_SET_PDEATHSIG = 1

_TRACE_ID = b"_X_AMZN_TRACE_ID"
_MAX_TRACE_ID = 1024  # bytes; X-Ray's own have a hundred


def die_with_parent(parent_pid: int) -> None:
    """On Linux: be killed when the parent ends. Elsewhere the reaper process alone does that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent_pid:  # it ended before the line above
            os._exit(1)


def keep_one_trace_id() -> None:
    """On Linux: let the runtime client set `_X_AMZN_TRACE_ID` for each invocation without using more memory each time.

    glibc's setenv keeps every value that a variable ever had, here 144 bytes an invocation, as long as the process
    lives. Its putenv uses the caller's memory instead, which can be overwritten.
    """
    if sys.platform != "linux":
        return
    libc, set_any = ctypes.CDLL(None), os.putenv
    entry = ctypes.create_string_buffer(len(_TRACE_ID) + 1 + _MAX_TRACE_ID + 1)

    def putenv(name: bytes, value: bytes) -> None:
        if name == _TRACE_ID and len(value) <= _MAX_TRACE_ID and b"\0" not in value:
            entry.value = b"%b=%b" % (name, value)
            libc.putenv(entry)
        else:
            set_any(name, value)

    os.putenv = putenv  # type: ignore[assignment]  # os.environ calls it, with bytes


def main() -> None:
    """Become the runtime client."""
    sys.path[0] = os.getcwd()  # noqa: PTH109 - this file's folder would hide modules of the function
    die_with_parent(int(sys.argv[1]))
    keep_one_trace_id()
    handler = sys.argv[2]
    from awslambdaric.__main__ import main as run_client  # noqa: PLC0415 - found only with the new sys.path

    sys.dont_write_bytecode = True  # the folder of the function's code stays as it was built
    sys.argv = ["awslambdaric", handler]
    run_client(sys.argv)


if __name__ == "__main__":
    main()
