"""The application of the soak test, built and running in embedded mode."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Gateway:
    """A gateway that is ready: host and port, the URL of its database, and host and port of its storage and its
    esb-cloud.
    """

    process: subprocess.Popen[bytes]
    address: str
    database: str
    storage: str
    cloud: str

    @property
    def pid(self) -> int:
        return self.process.pid

    def children(self, word: str) -> list[int]:
        """The child processes with a word in their command line. One that ends meanwhile is left out."""
        found = []
        for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            with suppress(OSError):
                if word in Path(f"/proc/{pid}/cmdline").read_text():
                    found.append(int(pid))
        return found


@contextmanager
def running(root: Path, log: Path, *more: str) -> Iterator[Gateway]:
    """Run `esb-gateway local` on a built folder, with its data beside it and `more` options. Raises SystemExit."""
    options = ["--port", "0", "--data", str(root.parent / "data"), *more]
    command = [sys.executable, "-m", "esb_gateway", "local", str(root), *options]
    with (
        log.open("w") as file,
        subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, env={**os.environ, "ESB_AUTH": "off"}
        ) as process,
    ):
        try:
            ready = r"^ready: http://(.*)\ndynamodb: (.*)\ns3: http://(.*)\ncloud: http://(.*)$"
            found = wait_for(lambda: re.search(ready, log.read_text(), re.MULTILINE) or process.poll() is not None, 120)
            if not isinstance(found, re.Match):
                sys.exit(f"esb-gateway did not start:\n{log.read_text()}")
            yield Gateway(process, found[1], found[2], found[3], found[4])
        finally:
            process.terminate()
            process.wait(20)


def build(folder: Path) -> Path:
    """Build the application; returns its .esb folder."""
    shutil.copytree(Path(__file__).parent / "application", folder / "application")
    template = ["-t", str(folder / "application/template.yaml"), "--parameter-overrides", f"Notes={folder / 'notes'}"]
    command = [sys.executable, "-m", "esb_generator", "build", *template, "--output", str(folder / ".esb")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / ".esb"


def written(file: Path) -> list[str]:
    """What functions have written to the file of notes, a line each."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def missing(notes: Iterable[str], file: Path) -> list[str]:
    """The notes that no function has written."""
    there = set(written(file))
    return [note for note in notes if note not in there]


def wait_for(condition: Callable[[], T], seconds: float) -> T:
    """The first true result of the condition, or its last result after the timeout."""
    end = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def write(*lines: str) -> None:
    """Print lines."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
