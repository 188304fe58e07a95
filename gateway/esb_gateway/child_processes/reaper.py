"""The gateway's end of the reaper, the process that kills the gateway's children when the gateway itself is gone.

It runs reaper_process.py in a session of its own. Its standard input is a pipe whose other end only the gateway has.
"""

import contextlib
import subprocess
import sys
from pathlib import Path

_PROGRAM = Path(__file__).resolve().with_name("reaper_process.py")


class Reaper:
    """The reaper process. It starts with the first child, and again if it has died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._groups: set[int] = set()

    @property
    def pid(self) -> int | None:
        """The reaper process; None before the first child and after `close`."""
        return None if self._process is None else self._process.pid

    def watch(self, group: int) -> None:
        """Kill this process group when the gateway is gone."""
        self._groups.add(group)
        self._send(f"+{group}\n")

    def forget(self, group: int) -> None:
        """The group has ended."""
        self._groups.discard(group)
        self._send(f"-{group}\n")

    def close(self) -> None:
        """End the reaper; it kills the groups that were not forgotten."""
        if self._process is not None:
            self._drop(self._process)
            self._process = None

    def _send(self, line: str) -> None:
        if self._process is not None:
            try:
                _write(self._process, line)
            except BrokenPipeError:
                self._drop(self._process)
                self._process = None
        if self._process is None:
            self._process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={},
            start_new_session=True,
            text=True,
        )
        _write(process, "".join(f"+{group}\n" for group in sorted(self._groups)))
        return process

    @staticmethod
    def _drop(process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None  # noqa: S101 - asked for in _start
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.wait()


def _write(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin is not None  # noqa: S101 - asked for in _start
    process.stdin.write(text)
    process.stdin.flush()
