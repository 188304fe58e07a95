"""Starts AWS's runtime client for one function: `start_function.py PARENT_PID HANDLER`.

Runs in the function's own interpreter, as a file, so it imports nothing of ours. On Linux the process dies with the
thread that started it, whatever ends that one.
"""

import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(parent_pid: int) -> None:
    """On Linux: be killed when the parent ends. Elsewhere the guardian process alone sees to that."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - takes milliseconds and is for Linux only

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent_pid:  # it ended before the line above
            os._exit(1)


def main() -> None:
    """Become the runtime client."""
    sys.path[0] = os.getcwd()  # noqa: PTH109 - this file's folder hides modules; nothing is imported before
    die_with_parent(int(sys.argv[1]))
    handler = sys.argv[2]
    from awslambdaric.__main__ import main as run_client  # noqa: PLC0415 - the path is right only now

    sys.dont_write_bytecode = True  # the function's code stays as it was built
    sys.argv = ["awslambdaric", handler]
    run_client(sys.argv)


if __name__ == "__main__":
    main()
