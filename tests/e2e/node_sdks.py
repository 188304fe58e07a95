"""AWS's SDKs for JavaScript, installed from npm once and kept in pytest's cache."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

OLD_SDK = "aws-sdk@2.1693.0"  # the last release of version 2


def node_sdks(
    config: pytest.Config, clients: Sequence[str], packages: Sequence[str] = (), libraries: Sequence[str] = ()
) -> Path:
    """A folder whose node_modules has these clients and libraries of version 3, and the packages, `name@version`.

    Skips the test if there is no Node.js, or no npm registry.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("there is no `node` or no `npm` here; install Node.js to run its SDKs")
    assert config.cache is not None
    folder = Path(config.cache.mkdir("node-sdks"))
    of_version_3 = [f"@aws-sdk/{name}" for name in (*(f"client-{name}" for name in clients), *libraries)]
    wanted = {name: name for name in of_version_3}
    wanted |= {package.partition("@")[0]: package for package in packages}
    with (folder / "lock").open("w") as lock:  # other tests run at the same time
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not all((folder / "node_modules" / name).is_dir() for name in wanted):
            flags = ("--no-audit", "--no-fund", "--ignore-scripts")
            command = ["npm", "install", *flags, "--prefix", str(folder), *wanted.values()]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
            if done.returncode:
                pytest.skip(f"npm cannot install the SDKs: {done.stderr.strip()[-200:]}")
    return folder
