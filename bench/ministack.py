"""MiniStack, in a network namespace."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.errors import Unavailable
from bench.isolation import isolated, listens_there
from bench.peers import python_peer, version_of
from bench.processes import Server, serving
from bench.run import Run

PORT = 4566
URL = f"http://127.0.0.1:{PORT}"
CREATE = Path(__file__).with_name("ministack_api.py")


@dataclass(frozen=True, slots=True)
class MiniStack:
    """A running MiniStack; `enter` is the command prefix of its clients."""

    server: Server
    enter: Sequence[str]

    def create_api(self, handler: str, environment: dict[str, str]) -> str:
        """Create an HTTP API whose `GET /hello` runs a function with this code; returns the API's host name."""
        command = [*self.enter, sys.executable, str(CREATE), URL, handler]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode:
            raise Unavailable(f"MiniStack could not create the API: {done.stderr.strip().splitlines()[-1][:200]}")
        return done.stdout.strip()


@contextmanager
def ministack(run: Run) -> Iterator[MiniStack]:
    """MiniStack while the block runs. Raises Unavailable."""
    home = python_peer("ministack")
    run.versions.add(version_of(home, "ministack"))
    environment = run.environment(TMPDIR=str(run.folder))
    with isolated(run) as enter:
        command = [*enter, str(home / "bin/ministack")]
        up = lambda _server: listens_there(enter, Path(sys.executable), PORT)  # noqa: E731
        with serving(command, run.folder, environment, up) as server:
            yield MiniStack(server, enter)
