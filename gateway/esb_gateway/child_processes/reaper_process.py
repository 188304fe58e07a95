"""Kills the process groups that the gateway started when the gateway itself is gone, however it ended.

On standard input `+PID` adds a process group, `-PID` drops it, and the end of the input is the end of the gateway. A
process group includes what a function started, unless that created a session of its own.

It is run as a file and imports as little as possible, since it stays as long as the gateway does.
"""

import os
import signal
import sys


def main() -> None:
    """Read until the gateway ends, then kill every group that is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        if line.startswith("+"):
            groups.add(int(line[1:]))
        else:
            groups.discard(int(line[1:]))
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


if __name__ == "__main__":
    main()
