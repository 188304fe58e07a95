"""A site without ESB and without a network: bundles are loaded, updated and rolled back with Docker alone."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

from .conftest import HERE, NewStack, Stack


def bundled(stack: Stack, name: str, site: Path) -> subprocess.CompletedProcess[str]:
    """Build, bundle, carry, and load at the site."""
    stack.build()
    esb = [sys.executable, "-m", "esb_generator", "bundle", name]
    done = subprocess.run(esb, cwd=stack.folder, env=stack.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    carried = site.parent / f"carried-{name}"
    carried.mkdir()
    subprocess.run(["tar", "-xf", stack.folder / name, "-C", carried], check=True)
    return load(carried / name.partition(".")[0], str(site))


def load(carried: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", carried / "load.sh", *arguments], capture_output=True, text=True, check=False)


def test_a_bundle_is_loaded_updated_and_rolled_back(new_stack: NewStack, tmp_path: Path) -> None:
    stack = new_stack(HERE / "apps/tiny")
    site = tmp_path / "site"
    assert bundled(stack, "one.tar", site).returncode == 0
    assert (stack.folder / "one.tar").stat().st_mode & 0o777 == 0o600
    here = dataclasses.replace(stack, folder=site)
    if (override := stack.folder / "compose.override.yaml").exists():
        (site / "compose.override.yaml").write_text(override.read_text())
    here.up()
    assert here.request("GET", "/hello").text == "hello"

    code = next(stack.folder.glob("src/**/*.py"))
    code.write_text(code.read_text().replace("hello", "welcome"))
    assert bundled(stack, "two.tar", site).returncode == 0
    here.up()
    assert here.request("GET", "/hello").text == "welcome"

    assert load(tmp_path / "carried-two.tar/two", "--roll-back", str(site)).returncode == 0
    here.up()
    assert here.request("GET", "/hello").text == "hello"
    here.down()
