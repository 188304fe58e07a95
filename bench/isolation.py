"""Network namespaces, for servers that listen on all addresses and must not be reachable from outside."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.errors import Unavailable
from bench.processes import Server, serving
from bench.run import Run


@contextmanager
def isolated(run: Run) -> Iterator[Sequence[str]]:
    """A network namespace that has only a loopback interface; yields the command prefix that enters it.

    Raises Unavailable.
    """
    missing = [program for program in ("unshare", "nsenter", "ip") if shutil.which(program) is None]
    if missing:
        raise Unavailable(f"a network namespace needs {', '.join(missing)}, which is not installed")
    is_root = os.geteuid() == 0
    make = ["unshare", "--net", *([] if is_root else ["--map-root-user"])]
    begin = [*make, "sh", "-c", "ip link set lo up && echo up && exec sleep 3600"]

    def up(server: Server) -> bool:
        return "up" in server.log.read_text()

    with serving(begin, run.folder, run.environment(), up) as server:
        user = [] if is_root else ["--user", "--preserve-credentials"]
        yield ("nsenter", "--target", str(server.pid), "--net", *user)


def listens_there(enter: Sequence[str], python: Path, port: int) -> bool:
    """Whether a server listens on a port of that namespace's loopback interface."""
    code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)"
    return not subprocess.run([*enter, str(python), "-c", code], capture_output=True, check=False).returncode
