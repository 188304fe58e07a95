"""AWS's runtime client for Java is fetched once, if a function needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from esb_gateway.child_processes.launcher import Command
from esb_gateway.execution.embedded.toolchain import Toolchain
from esb_gateway.invocation import Function
from esb_gateway.local.builds.cache import fill
from esb_gateway.local.builds.java_client import client_folders, fillings
from tests.gateway.functions import ORDERS


def function(name: str, runtime: str) -> Function:
    return replace(ORDERS, name=name, handler="shop.App", runtime=runtime)


FUNCTIONS = (function("a", "python3.12"), function("b", "java17"), function("c", "java21"))


class FakeMaven:
    """Does what Maven does, and writes down with what."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    async def __call__(self, command: Command, line: Callable[[str], object]) -> int:
        self.commands.append(command)
        assert "aws-lambda-java-runtime-interface-client" in (command.folder / "pom.xml").read_text()
        (command.folder / "lib").mkdir()
        return 0


def test_all_java_functions_have_the_same_client(tmp_path: Path) -> None:
    mvn = tmp_path / "bin/mvn"
    mvn.parent.mkdir()
    mvn.write_text("#!/bin/sh\n")
    mvn.chmod(0o755)
    tools, run = Toolchain(path=str(mvn.parent)), FakeMaven()
    for _ in range(2):
        asyncio.run(fill(fillings(FUNCTIONS, tmp_path, tools, {}), run, print))
    (command,) = run.commands
    assert command.arguments[0] == str(mvn)
    folders = client_folders(FUNCTIONS, tmp_path)
    assert sorted(folders) == ["b", "c"]
    assert folders["b"] == folders["c"]
    assert folders["b"][0].is_dir()


def test_without_maven_the_sentence_names_it(tmp_path: Path) -> None:
    with pytest.raises(ExceptionGroup) as failed:
        asyncio.run(fill(fillings(FUNCTIONS, tmp_path, Toolchain(path=""), {}), FakeMaven(), print))
    assert str(failed.value.exceptions[0]) == (
        "b: AWS's runtime client for Java (aws-lambda-java-runtime-interface-client 2.6.0) is fetched with Maven, and "
        "there is no `mvn` on PATH; install it."
    )


def test_without_java_functions_nothing_is_fetched(tmp_path: Path) -> None:
    assert fillings(FUNCTIONS[:1], tmp_path, Toolchain(), {}) == []
    assert client_folders(FUNCTIONS[:1], tmp_path) == {}
