"""Child processes on the event loop: their output, their end, and that none is left over.

Each child leads a session and a process group of its own and is killed as a group. Its end is seen through a pidfd on
Linux and by a waiting thread elsewhere. The group is killed once more before the child is reaped, while its number
cannot belong to another process. When the gateway itself is killed, the reaper process kills the groups.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

from esb_gateway.child_processes.reaper import Reaper

_READ_SIZE = 64 * 1024
_MAX_READS = 8  # at a time, so that a child that prints without end does not block the loop

_PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Command:
    """A command to run. The child gets this environment and nothing else."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path


class Wanted(NamedTuple):
    """A question to a child: its output until now, the memory that it uses."""

    output: bool = False
    memory: bool = False


class Collected(NamedTuple):
    """The answer, as far as there is one. `printed` is output that was not passed on: its end, at least 4 KB of it,
    since this was collected last. `memory` in MB.
    """

    printed: bytes = b""
    memory: int | None = None


class Child(Protocol):
    """A started command."""

    def terminate(self) -> None:
        """Send SIGTERM to its group."""

    def kill(self) -> None:
        """Send SIGKILL to its group."""

    def pass_on(self) -> None:
        """Pass on the output until now, if it comes by `Output`."""

    def collect(self, wanted: Wanted, collected: Callable[[Collected], None]) -> None:
        """Pass on the output until now, and what else is wanted. `collected` is called once, now or soon."""

    def take_output(self, ticket: int, printed: bytes) -> bool:
        """Output arrives by another way than `Output`, for a `collect`. False: for none."""


Output: TypeAlias = Callable[[bytes], None]
Exited: TypeAlias = Callable[[int], None]  # the return code


class Launcher(Protocol):
    """Starts commands. `output` and `exited` are called on the event loop, never before `launch` returns."""

    def launch(self, command: Command, output: Output, exited: Exited) -> Child:
        """Start it. `exited` gets the return code, once, after the last output. Raises OSError if it cannot start."""

    def close(self) -> None:
        """Release everything. No command runs any more, and none will be launched."""


class ProcessLauncher:
    """The launcher of real processes."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._reaper = Reaper()

    def launch(self, command: Command, output: Output, exited: Exited) -> Child:
        """Start it in a session of its own, with standard output and error in one pipe."""
        process = subprocess.Popen(
            command.arguments,
            env=dict(command.environment),
            cwd=command.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
        )
        self._reaper.watch(process.pid)

        def ended(returncode: int) -> None:
            self._reaper.forget(process.pid)
            exited(returncode)

        return ChildProcess(self._loop, process, output, ended)

    def close(self) -> None:
        """End the reaper; there will be no more children."""
        self._reaper.close()


@dataclass(frozen=True, slots=True)
class SharedLauncher:
    """A launcher that belongs to others, who close it: one reaper is enough for a gateway."""

    launcher: Launcher

    def launch(self, command: Command, output: Output, exited: Exited) -> Child:
        """See `Launcher`."""
        return self.launcher.launch(command, output, exited)

    def close(self) -> None:
        """Leave the launcher open."""


class ChildProcess:
    """A running child."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        process: subprocess.Popen[bytes],
        output: Output,
        exited: Exited,
    ) -> None:
        self._loop = loop
        self._process = process
        self._output = output
        self._exited = exited
        assert process.stdout is not None  # noqa: S101 - asked for in launch
        self._pipe = process.stdout.fileno()
        self._pipe_open = True
        self._statm = _open_statm(process.pid)
        os.set_blocking(self._pipe, False)
        loop.add_reader(self._pipe, self.pass_on)
        watch_exit(loop, process.pid, self._end)

    def terminate(self) -> None:
        """Send SIGTERM to the group."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL to the group."""
        self._signal(signal.SIGKILL)

    def pass_on(self) -> None:
        """Pass on what the pipe holds now."""
        for _ in range(_MAX_READS):
            if not self._pipe_open:
                return
            try:
                data = os.read(self._pipe, _READ_SIZE)
            except BlockingIOError:
                return
            if not data:  # every writer has closed it
                self._close_pipe()
                return
            self._output(data)
            if len(data) < _READ_SIZE:  # the pipe is empty
                return

    def collect(self, wanted: Wanted, collected: Callable[[Collected], None]) -> None:
        """Read the pipe, and look at the memory."""
        self.pass_on()
        collected(Collected(memory=self.memory() if wanted.memory else None))

    def take_output(self, _ticket: int, _printed: bytes) -> bool:
        """Refused: its output is in the pipe."""
        return False

    def memory(self) -> int | None:
        """The resident set in MB, of which /proc/PID/statm is the cheapest source."""
        if self._statm is None:
            return None
        try:
            pages = int(os.pread(self._statm, 128, 0).split()[1])
        except (OSError, IndexError):
            return None
        return pages * _PAGE_SIZE // (1024 * 1024)

    def _signal(self, number: int) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def _end(self) -> None:
        self.kill()
        returncode = self._process.wait()  # returns at once: it has ended
        self.pass_on()
        self._close_pipe()
        if self._statm is not None:
            os.close(self._statm)
            self._statm = None
        self._exited(returncode)

    def _close_pipe(self) -> None:
        if self._pipe_open:
            self._pipe_open = False
            self._loop.remove_reader(self._pipe)
            assert self._process.stdout is not None  # noqa: S101 - asked for in launch
            self._process.stdout.close()


def watch_exit(loop: asyncio.AbstractEventLoop, pid: int, ended: Callable[[], None]) -> None:
    """Call `ended` on the loop when the child has ended; it is not reaped yet then."""
    try:
        pidfd = os.pidfd_open(pid)
    except (AttributeError, OSError):  # not Linux, or an old or sandboxed one
        watch_exit_in_thread(loop, pid, ended)
        return

    def readable() -> None:
        loop.remove_reader(pidfd)
        os.close(pidfd)
        ended()

    loop.add_reader(pidfd, readable)


def watch_exit_in_thread(loop: asyncio.AbstractEventLoop, pid: int, ended: Callable[[], None]) -> None:
    """As `watch_exit`, at the price of a thread for each child."""

    def wait() -> None:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(ended)

    threading.Thread(target=wait, name=f"wait for {pid}", daemon=True).start()


def _open_statm(pid: int) -> int | None:
    try:
        return os.open(f"/proc/{pid}/statm", os.O_RDONLY)
    except OSError:
        return None
