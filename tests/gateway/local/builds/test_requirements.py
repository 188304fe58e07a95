"""Packages of a requirements.txt: what is asked for, and that each set is installed once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from esb_gateway.child_processes.launcher import Command
from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.embedded.function_folders import FunctionFolders
from esb_gateway.invocation import Function
from esb_gateway.local.builds.cache import Run, fill
from esb_gateway.local.builds.requirements import Requirements, fillings, folders_by_function, required
from tests.gateway.functions import ORDERS
from tests.gateway.local.local_gateway import LocalGateway


def function(name: str, *layers: str) -> Function:
    return replace(ORDERS, name=name, layers=layers)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def hashes(root: Path, *functions: Function) -> list[str]:
    return [each.target.name for each in required(functions, FunctionFolders(root))]


def test_code_comes_before_layers_and_an_empty_file_asks_for_nothing(tmp_path: Path) -> None:
    write(tmp_path / "functions/a/requirements.txt", "one==1\n")
    write(tmp_path / "layers/x/python/requirements.txt", "two==2\n")
    write(tmp_path / "functions/b/requirements.txt", "# nothing\n\n")
    found = required([function("a", "layers/x"), function("b")], FunctionFolders(tmp_path))
    assert [(each.function, each.folder.relative_to(tmp_path).as_posix()) for each in found] == [
        ("a", "functions/a"),
        ("a", "layers/x/python"),
    ]
    assert folders_by_function(found) == {"a": tuple(each.target.resolve() for each in found)}


def test_the_folder_is_named_by_what_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "functions/a/requirements.txt", "one==1\n")
    write(tmp_path / "functions/b/requirements.txt", "one==1\n")
    write(tmp_path / "functions/b/app.py", "other code\n")
    first, same = hashes(tmp_path, function("a"), function("b"))
    assert first == same
    write(tmp_path / "functions/b/requirements.txt", "one==2\n")
    assert hashes(tmp_path, function("b")) != [same]


@pytest.mark.parametrize("line", ["-r more.txt", "./vendor/pkg", "pkg @ file:vendor/pkg", "--requirement more.txt"])
def test_files_that_a_line_leads_to_count_too(tmp_path: Path, line: str) -> None:
    write(tmp_path / "functions/a/requirements.txt", f"one==1\n{line}\n")
    write(tmp_path / "functions/a/more.txt", "two==1\n")
    before = hashes(tmp_path, function("a"))
    write(tmp_path / "functions/a/more.txt", "two==2\n")
    assert hashes(tmp_path, function("a")) != before


async def install(wanted: Iterable[Requirements], run: Run, report: Callable[[str], object]) -> None:
    await fill(fillings(wanted, os.environ), run, report)


class FakeInstaller:
    """Does what uv does with --target, and writes down with what."""

    def __init__(self, code: int = 0) -> None:
        self.commands: list[Command] = []
        self._code = code

    async def __call__(self, command: Command, line: Callable[[str], object]) -> int:
        self.commands.append(command)
        target = Path(command.arguments[command.arguments.index("--target") + 1])
        write(target / "package.py", "")
        line("no such package")
        return self._code


def test_each_set_is_installed_once(tmp_path: Path) -> None:
    write(tmp_path / "functions/a/requirements.txt", "one==1\n")
    write(tmp_path / "functions/b/requirements.txt", "one==1\n")
    wanted = required([function("a"), function("b")], FunctionFolders(tmp_path))
    installer = FakeInstaller()
    said: list[str] = []
    for _ in range(2):
        asyncio.run(install(wanted, installer, said.append))
    assert said == [f"a: installing {wanted[0].folder / 'requirements.txt'}"]
    assert len(installer.commands) == 1
    assert [path.name for path in wanted[0].target.parent.iterdir()] == [wanted[0].target.name]
    assert (wanted[0].target / "package.py").is_file()


def test_an_installation_that_fails_leaves_its_log_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "functions/a/requirements.txt", "one==1\n")
    wanted = required([function("a")], FunctionFolders(tmp_path))
    with pytest.raises(ExceptionGroup) as failed:
        asyncio.run(install(wanted, FakeInstaller(code=1), print))
    log = wanted[0].target.with_suffix(".log")
    [error] = failed.value.exceptions
    assert isinstance(error, ConfigurationError)
    file = wanted[0].folder / "requirements.txt"
    assert str(error) == f"a: {file} could not be installed; the reason is in {log}."
    assert log.read_text() == "no such package\n"
    assert list(log.parent.iterdir()) == [log]


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    write(tmp_path / "functions/a/requirements.txt", "one==1\n")
    write(tmp_path / "local", "a file where a folder should be")
    wanted = required([function("a")], FunctionFolders(tmp_path))
    with pytest.raises(ExceptionGroup) as failed:
        asyncio.run(install(wanted, FakeInstaller(), print))
    assert str(failed.value.exceptions[0]).startswith(f"{wanted[0].target}: cannot be written (Not a directory); ")


PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "local-{name}"
version = "1"
"""
# A build backend that needs nothing from an index.
BACKEND = """\
import zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    info = "local_{name}-1.dist-info"
    with zipfile.ZipFile(f"{{folder}}/local_{name}-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("local_{name}.py", "VALUE = '{name}'\\n")
        wheel.writestr(f"{{info}}/METADATA", "Metadata-Version: 2.1\\nName: local-{name}\\nVersion: 1\\n")
        wheel.writestr(f"{{info}}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{{info}}/RECORD", "")
    return "local_{name}-1-py3-none-any.whl"
"""


def package(folder: Path, name: str) -> None:
    write(folder / "pyproject.toml", PYPROJECT.format(name=name))
    write(folder / "backend.py", BACKEND.format(name=name))


@pytest.mark.server
def test_functions_import_what_they_and_their_layers_ask_for(by_hand: Path, start: Callable[..., LocalGateway]) -> None:
    functions = by_hand / "config/functions.yml"
    functions.write_text(functions.read_text().replace("  probe: {", "  probe: {layers: [layers/shared], "))
    write(by_hand / "functions/probe/requirements.txt", "./vendor/own\n")
    package(by_hand / "functions/probe/vendor/own", "own")
    write(by_hand / "layers/shared/python/requirements.txt", "./vendor/shared\n")
    package(by_hand / "layers/shared/python/vendor/shared", "shared")
    gateway = start(by_hand).ready()
    assert gateway.invoke("probe", {"import": "local_own"}) == "own"
    assert gateway.invoke("probe", {"import": "local_shared"}) == "shared"
    assert gateway.end() == 0
    installed = {path: path.stat().st_ctime_ns for path in (by_hand / "local/deps").iterdir()}
    assert len(installed) == 2
    assert start(by_hand).ready().end() == 0
    assert {path: path.stat().st_ctime_ns for path in (by_hand / "local/deps").iterdir()} == installed


@pytest.mark.server
def test_packages_that_do_not_exist_stop_their_function_alone(
    by_hand: Path, start: Callable[..., LocalGateway]
) -> None:
    write(by_hand / "functions/echo/requirements.txt", "./vendor/missing\n")
    gateway = start(by_hand).ready()
    [log] = (by_hand / "local/deps").glob("*.log")
    file = by_hand / "functions/echo/requirements.txt"
    sentence = f"echo: {file} could not be installed; the reason is in {log}."
    assert f"{sentence} Its calls fail until this is fixed; the other functions run.\n" in gateway.notes
    assert "missing" in log.read_text()
    assert gateway.invoke("echo")["errorMessage"].endswith(sentence)
    assert gateway.invoke("probe", {"import": "json"}) is not None


def test_at_the_start_one_that_fails_is_reported_and_the_others_are_installed(tmp_path: Path) -> None:
    write(tmp_path / "functions/bad/requirements.txt", "no-such-package==1\n")
    write(tmp_path / "functions/good/requirements.txt", "one==1\n")
    folders = FunctionFolders(tmp_path)
    [bad], [good] = required([function("bad")], folders), required([function("good")], folders)
    good_one, bad_one = FakeInstaller(), FakeInstaller(code=1)

    async def run(command: Command, line: Callable[[str], object]) -> int:
        return await (bad_one if command.folder == bad.folder.resolve() else good_one)(command, line)

    said: list[str] = []
    broken: dict[str, str] = {}
    wanted = [bad, replace(bad, function="same"), good]
    asyncio.run(fill(fillings(wanted, os.environ), run, said.append, broken))

    assert list(broken) == ["bad", "same"]
    assert "could not be installed; the reason is in" in broken["bad"]
    assert len(bad_one.commands) == 1
    assert (good.target / "package.py").is_file()
    assert "no such package" in said
    assert said[-1].endswith("Its calls fail until this is fixed; the other functions run.")
