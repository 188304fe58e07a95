"""`pip install .`, `uv tool install .` and an install without a network give commands that work together."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest
import uv

from tests.documents import scenario

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_INDEX = ("--no-index", "--find-links", os.environ.get("ESB_PACKAGE", ""))
COMMANDS = ("esb", "esb-cloud", "esb-gateway", "esb-provision")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files of the repository as a clone has them, those that are not committed yet included."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=True,
        text=True,
    )
    folder = tmp_path / "checkout"
    for name in filter(None, listed.stdout.split("\0")):
        source = ROOT / name
        if source.is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    return folder


def test_pip_installs_a_checkout_as_the_readme_says(checkout: Path, tmp_path: Path) -> None:
    (block,) = scenario("install")
    folder = Path(sys.executable).parent
    every = {**clean(), "HOME": str(tmp_path), "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    command = ["bash", "-euc", block.text]
    done = subprocess.run(command, cwd=checkout, env=every, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    assert_small_application_runs(tmp_path / "esb/bin", tmp_path)


def test_uv_installs_a_checkout_as_a_tool(checkout: Path, tmp_path: Path) -> None:
    places = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin"), "UV_SYSTEM_CERTS": "1"}
    tool = (Path(uv.find_uv_bin()), "tool")
    run(*tool, "install", "--reinstall", "--quiet", str(checkout), folder=tmp_path, variables=places)
    assert_small_application_runs(tmp_path / "bin", tmp_path)

    run(*tool, "uninstall", "--quiet", "edge-serverless-box", folder=tmp_path, variables=places)
    assert list((tmp_path / "bin").iterdir()) == []


def test_pip_installs_without_a_network_and_then_a_newer_version(checkout: Path, tmp_path: Path) -> None:
    commands = environment(tmp_path / "venv")
    pip = (commands / "python", "-m", "pip", "install", "--quiet")
    run(*pip, *WITHOUT_INDEX, "edge-serverless-box", folder=tmp_path)
    assert_small_application_runs(commands, tmp_path)

    release = checkout / "schemas/esb_schemas/release.py"
    release.write_text(re.sub(r'(?m)^NUMBER: Final = ".+"$', 'NUMBER: Final = "99.0"', release.read_text()))
    run(*pip, "--no-deps", str(checkout), folder=tmp_path)
    assert [run(commands / each, "--version", folder=tmp_path) for each in COMMANDS] == [
        f"{each} 99.0\n" for each in COMMANDS
    ]


def test_the_version_names_the_commit(tmp_path: Path) -> None:
    wheel = next(Path(os.environ["ESB_PACKAGE"]).glob("edge_serverless_box-*.whl"))
    head = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, check=True, text=True)
    assert f"+g{head.stdout[:7]}" in wheel.name


def assert_small_application_runs(commands: Path, tmp_path: Path) -> None:
    run(commands / "esb", "init", "shop", folder=tmp_path)
    run(commands / "esb", "build", folder=tmp_path / "shop")
    with gateway(commands / "esb-gateway", tmp_path / "shop") as url:
        answers = [fetch(f"{url}/hello/ada") for _ in range(2)]
    assert ["ada" in answer for answer in answers] == [True, True]
    assert len({run(commands / each, "--version", folder=tmp_path).split()[1] for each in COMMANDS}) == 1


def environment(folder: Path) -> Path:
    """A new virtual environment with pip; returns its folder of commands."""
    run(Path(sys.executable), "-m", "venv", str(folder), folder=folder.parent)
    return folder / "bin"


@contextmanager
def gateway(command: Path, project: Path) -> Iterator[str]:
    with subprocess.Popen(
        [str(command), "local", "--port", "0"], cwd=project, env=clean(), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield next(line.split()[1] for line in process.stdout if line.startswith("ready: "))
        finally:
            process.send_signal(signal.SIGINT)


def fetch(url: str) -> str:
    with build_opener(ProxyHandler({})).open(url, timeout=30) as response:
        return str(response.read().decode())


def run(program: Path, *arguments: str, folder: Path, variables: Mapping[str, str] | None = None) -> str:
    command = [str(program), *arguments]
    every = {**clean(), **(variables or {})}
    done = subprocess.run(command, cwd=folder, env=every, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def clean() -> dict[str, str]:
    """The variables of this process without those of Python and of virtual environments."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "AWS_"))}
