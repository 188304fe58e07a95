"""Clients of AWS's SDK for JavaScript, installed from npm once and kept in pytest's cache."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest


def node_sdks(config: pytest.Config, clients: Sequence[str]) -> Path:
    """A folder whose node_modules has these clients; skips the test if there is no Node.js, or no npm registry."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("there is no `node` or no `npm` here; install Node.js to run its SDKs")
    assert config.cache is not None
    folder = Path(config.cache.mkdir("node-sdks"))
    missing = [name for name in clients if not (folder / f"node_modules/@aws-sdk/client-{name}").is_dir()]
    if missing:
        packages = [f"@aws-sdk/client-{name}" for name in clients]
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), *packages]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode:
            pytest.skip(f"npm cannot install the SDKs: {done.stderr.strip()[-200:]}")
    return folder
