"""Builds an application with `esb build`, and runs it with `esb-gateway local --testing`, each as a process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, Thread
from typing import IO, Final

from esb_gateway.local.engines.cloud import needs_cloud

START_TIMEOUT: Final = 300.0  # seconds: the packages of requirements.txt are installed first
STOP_TIMEOUT: Final = 20.0
_LAST_LINE: Final = {False: "s3: ", True: "cloud: "}  # of the lines of readiness


class StartError(Exception):
    """The application cannot be built or started; the text is what the command wrote."""


def build(template: Path, folder: Path, options: Sequence[str]) -> Path:
    """Run `esb build`; returns the output folder. Raises StartError."""
    output = folder / ".esb"
    command = [sys.executable, "-P", "-m", "esb_generator", "build", "-t", str(template), "--output", str(output)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    if done.returncode:
        raise StartError(f"esb build -t {template}: {(done.stderr or done.stdout).strip()}")
    return output


class GatewayProcess:
    """A process of `esb-gateway local`. `lines` is what it wrote: URLs, its log, and messages for the user."""

    def __init__(self, root: Path, options: Sequence[str]) -> None:
        command = (sys.executable, "-P", "-m", "esb_gateway.cli.child_process", str(os.getpid()))
        self._last_line = _LAST_LINE[needs_cloud(root) or "--cloud" in options]
        self._changed = Condition()
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            [*command, "local", str(root), "--port", "0", "--testing", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert self._process.stdout is not None, "it is a pipe"  # noqa: S101
        self._output: IO[str] = self._process.stdout
        self._reader = Thread(target=self._read, name="esb-gateway", daemon=True)
        self._reader.start()

    def urls(self) -> Mapping[str, str]:
        """Wait until it is ready; returns its URLs by the names of the lines. Raises StartError."""
        end = time.monotonic() + START_TIMEOUT
        with self._changed:
            while not any(line.startswith(self._last_line) for line in self.lines):
                if not self._reader.is_alive() or not self._changed.wait(end - time.monotonic()):
                    raise StartError("\n".join(["esb-gateway local has not started:", *self.lines]))
            return dict(line.split(": ", 1) for line in self.lines if line.startswith(("ready: ", *_LINES)))

    def stop(self) -> None:
        """End it, and everything that it has started."""
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(STOP_TIMEOUT)
        self._output.close()

    def _read(self) -> None:
        for line in self._output:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()


_LINES: Final = ("dynamodb: ", "s3: ", "cloud: ")


@contextmanager
def started(root: Path, options: Sequence[str]) -> Iterator[GatewayProcess]:
    """A gateway that runs during the block."""
    process = GatewayProcess(root, options)
    try:
        yield process
    finally:
        process.stop()
