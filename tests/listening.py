"""Which ports a process listens on: a server that took free ones need not say so."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_LISTEN = "0A"  # the state in /proc/net/tcp


def listening_ports(pid: int) -> set[int]:
    """The TCP ports on which a process of this machine listens (Linux)."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # it was closed meanwhile
            inodes.add(str(entry.readlink()).removeprefix("socket:[").removesuffix("]"))
    rows = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text(encoding="utf-8").splitlines()[1:]]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == _LISTEN and row[9] in inodes}
