"""The two small C programs of the benchmark; they need a C compiler."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from bench.errors import Unavailable

SOURCES = Path(__file__).with_name("native")


def compiled(name: str, folder: Path) -> Path:
    """The program of `native/<name>.c`, compiled into the folder if it is not there yet. Raises Unavailable."""
    source = SOURCES / f"{name}.c"
    program = folder / f"{name}-{hashlib.sha256(source.read_bytes()).hexdigest()[:12]}"
    if program.exists():
        return program
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise Unavailable("there is no C compiler (cc)")
    folder.mkdir(parents=True, exist_ok=True)
    command = [compiler, "-O2", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-o", str(program), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"{compiler} cannot compile {source.name}: {done.stderr.strip().splitlines()[-1]}")
    return program
