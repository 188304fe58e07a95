"""The tools that ESB is compared with, each in its own environment, which is created on first use.

Python packages are pinned with hashes in requirements/bench-<name>.txt, which `nox -s lock` writes; Node packages are
pinned by version here.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import uv

from bench.errors import Unavailable

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".nox"
NODE_PACKAGES = ("serverless@3.40.0", "serverless-offline@13.9.0")


def python_peer(name: str) -> Path:
    """The environment of requirements/bench-<name>.txt. Raises Unavailable."""
    pins = ROOT / f"requirements/bench-{name}.txt"
    home = HOME / f"bench-{name}-{_short(pins.read_bytes())}"
    if not (home / "complete").exists():
        tool = uv.find_uv_bin()
        _run([tool, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)], name)
        install = [tool, "pip", "install", "--quiet", "--python", str(home / "bin/python"), "--require-hashes"]
        _run([*install, "-r", str(pins)], name)
        (home / "complete").touch()
    return home


def node_peer() -> Path:
    """A folder with NODE_PACKAGES in node_modules. Raises Unavailable."""
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("there is no npm")
    home = HOME / f"bench-node-{_short(' '.join(NODE_PACKAGES).encode())}"
    if not (home / "complete").exists():
        home.mkdir(parents=True, exist_ok=True)
        (home / "package.json").write_text('{"private": true}\n')
        _run([npm, "install", "--no-audit", "--no-fund", "--save-exact", *NODE_PACKAGES], "npm", home)
        (home / "complete").touch()
    return home


def runtime_emulator() -> Path:
    """AWS's runtime interface emulator, which is part of SAM CLI. Raises Unavailable."""
    machine = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    found = list(python_peer("sam").glob(f"lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-{machine}"))
    if not found:
        raise Unavailable(f"SAM CLI has no emulator for {platform.machine()}")
    program = HOME / "bench-programs" / "aws-lambda-rie"
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(found[0], program)
        program.chmod(0o755)
    return program


def version_of(home: Path, distribution: str) -> str:
    """Name and version of a distribution in an environment, such as `aws-sam-cli 1.170.0`."""
    folder = next(home.glob(f"lib/python*/site-packages/{distribution.replace('-', '_')}-*.dist-info"), None)
    return distribution if folder is None else f"{distribution} {folder.name.split('-')[1].removesuffix('.dist')}"


def _run(command: Sequence[str], name: str, folder: Path = ROOT) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        words = done.stderr.strip().splitlines() or ["no reason given"]
        raise Unavailable(f"{name} cannot be installed: {words[-1][:200]}")


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
