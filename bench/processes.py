"""Measured processes: a command that runs to its end, and a server with its child processes.

Uses Linux's `wait4` for the former and `/proc` for the latter. The peak memory of a command is the largest resident set
of it and its children. The memory of a server is its proportional set size, so that shared pages count once.
"""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.errors import Unavailable

STARTUP_TIMEOUT = 60.0  # seconds
_TICKS = os.sysconf("SC_CLK_TCK")
_ATTEMPTS = 3
_IN_USE = re.compile(r"address (already )?in use|EADDRINUSE|port is already allocated", re.IGNORECASE)
_PORT = re.compile(r"(?:listening on |http://127\.0\.0\.1:)(\d+)\s")
T = TypeVar("T")


class PortTaken(Unavailable):
    """The server did not start because another one has its port."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The resources that a whole process used: seconds of wall time and of CPU, and MB of memory at its peak."""

    wall: float
    cpu: float
    memory: float


def finished(command: Sequence[str], folder: Path, environment: Mapping[str, str], most: float = 600.0) -> Usage:
    """Run a command to its end. Raises Unavailable with its last line of output if it fails."""
    with (folder / "output").open("w+b") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        cancel_kill = _kill_after(process.pid, most)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        cancel_kill()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            words = output.read().decode("utf-8", "replace").strip().splitlines() or ["no output"]
            raise Unavailable(f"{Path(command[0]).name} ended with {process.returncode}: {words[-1][:200]}")
    return Usage(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _kill_after(pid: int, seconds: float) -> Callable[[], None]:
    def kill(_number: int, _frame: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    previous = signal.signal(signal.SIGALRM, kill)
    signal.setitimer(signal.ITIMER_REAL, seconds)

    def cancel() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)

    return cancel


@dataclass(frozen=True, slots=True)
class Server:
    """A running process and its descendants."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def family(self) -> list[int]:
        """The ids of the process and of all its descendants."""
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError):
                    children.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
        found = [self.pid]
        for pid in found:
            found += children.get(pid, [])
        return found

    def cpu(self) -> float:
        """Seconds of CPU used so far by the processes that still run."""
        return sum(cpu_of(pid) for pid in self.family())

    def memory(self) -> float:
        """MB in use now, by all of its processes."""
        return sum(memory_of(pid) for pid in self.family())


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used; 0 if it has ended."""
    with suppress(OSError):
        fields = _stat(pid)
        return (int(fields[11]) + int(fields[12])) / _TICKS
    return 0.0


def memory_of(pid: int) -> float:
    """A process's proportional set size in MB; 0 if it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def resident(pid: int) -> float:
    """The resident set of a process in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _stat(pid: int) -> list[str]:
    """The fields after the name (which may contain spaces and parentheses): state, parent, …"""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


@contextmanager
def serving(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    ready: Callable[[Server], bool],
    *,
    timeout: float = STARTUP_TIMEOUT,
) -> Iterator[Server]:
    """Run a server during the block, which begins once `ready` returns True. Its descendants are killed at the end.

    Raises Unavailable if the server ends before, or is not ready in time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{Path(command[0]).name}-{time.monotonic_ns()}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    server = Server(process, log)
    try:
        until_ready(server, ready, timeout)
        yield server
    finally:
        _end(server)


def until_ready(server: Server, ready: Callable[[Server], bool], timeout: float = STARTUP_TIMEOUT) -> None:
    """Wait until `ready` returns True. Raises Unavailable if the server ends before, or is not ready in time."""
    deadline = time.monotonic() + timeout
    while not ready(server):
        if server.process.poll() is not None or time.monotonic() > deadline:
            said = server.log.read_text(errors="replace").strip().splitlines() or ["no output"]
            reason = f"{server.log.name.partition('-')[0]} did not start: {said[-1][:200]}"
            raise PortTaken(reason) if any(_IN_USE.search(line) for line in said) else Unavailable(reason)
        time.sleep(0.02)


def _end(server: Server) -> None:
    family = server.family()
    server.process.terminate()
    with suppress(subprocess.TimeoutExpired):
        server.process.wait(5)
    for pid in reversed(family):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    server.process.wait()


@contextmanager
def on_free_ports(count: int, serve: Callable[..., AbstractContextManager[T]]) -> Iterator[T]:
    """A server that has to be told its ports. `serve` gets them; with others if one was taken meanwhile."""
    with ExitStack() as stack:
        for attempt in range(_ATTEMPTS):
            try:
                served = stack.enter_context(serve(*_free_ports(count)))
                break
            except PortTaken:
                if attempt == _ATTEMPTS - 1:
                    raise
        yield served


def _free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that are free now. Another process may take them before a server does."""
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(listener.getsockname()[1]) for listener in listeners]


def printed_port(server: Server) -> int:
    """The port that a server has printed, as the end of a URL or of `listening on PORT`. Raises Unavailable."""
    found = _PORT.search(server.log.read_text(errors="replace"))
    if found is None:
        raise Unavailable(f"{server.log.name.partition('-')[0]} did not print its port")
    return int(found[1])


def has_printed_port(server: Server) -> bool:
    """Whether `printed_port` gives it."""
    return _PORT.search(server.log.read_text(errors="replace")) is not None


def immediately(_server: Server) -> bool:
    """For a server that need not be ready."""
    return True


def listens(port: int) -> Callable[[Server], bool]:
    """Whether a server listens on a port of the loopback interface."""

    def ready(_server: Server) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    return ready


def answers(port: int, path: str) -> Callable[[Server], bool]:
    """Whether a GET of a path on a port of the loopback interface succeeds."""

    def ready(_server: Server) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        with suppress(OSError, http.client.HTTPException), closing(connection):
            connection.request("GET", path)
            return connection.getresponse().status == 200
        return False

    return ready


def has_printed(text: str) -> Callable[[Server], bool]:
    """Whether a server has printed a text."""
    return lambda server: text in server.log.read_text(errors="replace")
