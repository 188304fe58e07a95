"""A network of its own, for a server that listens on every address there is: nobody can reach it from outside."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.errors import NotHere
from bench.processes import Server, serving
from bench.run import Run


@contextmanager
def isolated(run: Run) -> Iterator[Sequence[str]]:
    """A network namespace with a loopback interface alone; gives what to put before a command to run it there.

    Raises NotHere.
    """
    missing = [program for program in ("unshare", "nsenter", "ip") if shutil.which(program) is None]
    if missing:
        raise NotHere(f"there is no {', '.join(missing)} to give it a network of its own")
    is_root = os.geteuid() == 0
    make = ["unshare", "--net", *([] if is_root else ["--map-root-user"])]
    begin = [*make, "sh", "-c", "ip link set lo up && echo up && exec sleep 3600"]

    def up(server: Server) -> bool:
        return "up" in server.log.read_text()

    with serving(begin, run.folder, run.environment(), up) as server:
        user = [] if is_root else ["--user", "--preserve-credentials"]
        yield ("nsenter", "--target", str(server.pid), "--net", *user)


def listens_there(enter: Sequence[str], python: Path, port: int) -> bool:
    """Whether somebody listens on a port of that network's loopback interface."""
    code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)"
    return not subprocess.run([*enter, str(python), "-c", code], capture_output=True, check=False).returncode
