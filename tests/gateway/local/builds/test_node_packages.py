"""Packages of Node.js functions: what is needed, and by which commands it is installed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from esb_gateway.child_processes.launcher import Command
from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.embedded.function_folders import FunctionFolders
from esb_gateway.execution.embedded.toolchain import Toolchain
from esb_gateway.invocation import Function
from esb_gateway.local.builds.cache import fill
from esb_gateway.local.builds.node_packages import NodePackages, fillings, folders_by_function, needed
from esb_gateway.local.builds.node_sdk import imports_of, is_in_image
from tests.gateway.functions import ORDERS
from tests.gateway.local.local_gateway import LocalGateway

TOOLS = Toolchain("/node/bin/node", ("/node/bin/npm",))


def function(name: str, *layers: str, runtime: str = "nodejs22.x") -> Function:
    return replace(ORDERS, name=name, runtime=runtime, layers=layers)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def package(folder: Path, *names: str) -> Path:
    return write(folder / "package.json", json.dumps({"dependencies": dict.fromkeys(names, "1")}))


def find(root: Path, *functions: Function) -> tuple[NodePackages, ...]:
    return needed(functions, FunctionFolders(root), "v22.0.0")


def test_code_comes_before_layers_and_what_has_node_modules_needs_nothing(tmp_path: Path) -> None:
    package(tmp_path / "functions/a", "one")
    package(tmp_path / "layers/x/nodejs", "two")
    package(tmp_path / "functions/b", "one")
    (tmp_path / "functions/b/node_modules").mkdir()
    package(tmp_path / "functions/c")
    package(tmp_path / "functions/d", "one")
    found = find(tmp_path, *map(function, "bc"), function("a", "layers/x"), function("d", runtime="python3.12"))
    assert [(each.function, each.folder) for each in found] == [
        ("a", (tmp_path / "functions/a").resolve()),
        ("a", (tmp_path / "layers/x/nodejs").resolve()),
    ]
    targets = tuple(each.target.resolve() / "node_modules" for each in found)
    assert folders_by_function(found) == {"a": targets}


def test_an_entry_is_named_by_what_npm_reads_and_by_the_version_of_node(tmp_path: Path) -> None:
    folder = package(tmp_path / "functions/a", "one").parent
    package(tmp_path / "functions/b", "one")
    write(folder / "app.js", "")
    first, same = (each.target for each in find(tmp_path, function("a"), function("b")))
    assert first == same
    seen = {first, needed([function("a")], FunctionFolders(tmp_path), "v24.0.0")[0].target}
    for name in ("package-lock.json", ".npmrc"):
        write(folder / name, "{}")
        seen.add(find(tmp_path, function("a"))[0].target)
    assert len(seen) == 4


def test_files_of_a_package_that_is_a_path_count_too(tmp_path: Path) -> None:
    write(tmp_path / "functions/a/package.json", '{"dependencies": {"own": "file:./own"}}')
    write(tmp_path / "functions/a/own/index.js", "1")
    before = find(tmp_path, function("a"))
    write(tmp_path / "functions/a/own/index.js", "2")
    assert find(tmp_path, function("a")) != before


@pytest.mark.parametrize("text", ["{", "[" * 100_000])
def test_a_package_json_that_is_none_is_one_sentence(tmp_path: Path, text: str) -> None:
    file = write(tmp_path / "functions/a/package.json", text)
    with pytest.raises(ConfigurationError, match=r"package.json: cannot be read as JSON \(.*\); correct it\.$"):
        find(tmp_path, function("a"))
    assert file.is_file()


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ('const { S3 } = require("@aws-sdk/client-s3");', {"@aws-sdk/client-s3"}),
        ("import { S3 } from '@aws-sdk/client-s3';", {"@aws-sdk/client-s3"}),
        ('import"@aws-sdk/lib-storage"', {"@aws-sdk/lib-storage"}),
        ('await import("@smithy/util-stream")', {"@smithy/util-stream"}),
        ('require("aws-sdk/clients/s3")', {"aws-sdk"}),
        ('require("aws-sdk-mock"); require("./@aws-sdk/client-s3"); "@aws-sdk/client-s3"', set()),
    ],
)
def test_imports_of_the_sdk(script: str, found: set[str]) -> None:
    assert imports_of(script) == found


def test_the_sdk_is_version_3_from_node_18_on() -> None:
    assert is_in_image("aws-sdk", "nodejs16.x")
    assert not is_in_image("aws-sdk", "nodejs18.x")
    assert is_in_image("@aws-sdk/client-s3", "nodejs18.x")
    assert not is_in_image("@aws-sdk/client-s3", "nodejs16.x")


def test_what_the_image_has_and_the_function_does_not_is_installed(tmp_path: Path) -> None:
    script = "".join(f'require("@aws-sdk/{name}");' for name in ("own", "own-layer", "beside", "image"))
    write(tmp_path / "functions/a/app.js", script)
    package(tmp_path / "functions/a", "@aws-sdk/own")
    (tmp_path / "functions/a/node_modules/@aws-sdk/beside").mkdir(parents=True)
    (tmp_path / "layers/x/nodejs/node_modules/@aws-sdk/own-layer").mkdir(parents=True)
    (found,) = find(tmp_path, function("a", "layers/x"))
    assert (found.folder, found.implied) == (None, ("@aws-sdk/image",))


class FakeNpm:
    """Does what npm does, and writes down with what."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.documents: list[str] = []

    async def __call__(self, command: Command, line: Callable[[str], object]) -> int:
        self.commands.append(command)
        self.documents.append((command.folder / "package.json").read_text())
        write(command.folder / "node_modules/one/index.js", "")
        return 0


def test_npm_gets_the_lock_file_if_there_is_one(tmp_path: Path) -> None:
    package(tmp_path / "functions/a", "one")
    write(tmp_path / "functions/a/package-lock.json", "{}")
    write(tmp_path / "functions/a/app.js", 'require("@aws-sdk/client-s3")')
    wanted = find(tmp_path, function("a"))
    npm, said = FakeNpm(), list[str]()
    for _ in range(2):
        asyncio.run(fill(fillings(wanted, TOOLS, {"PATH": "/usr/bin"}), npm, said.append))
    assert said == [
        f"a: installing {(tmp_path / 'functions/a/package.json').resolve()}",
        "a: installing @aws-sdk/client-s3, which the code imports and AWS's image has",
    ]
    assert [command.arguments[:3] for command in npm.commands] == [
        ("/node/bin/npm", "ci", "--omit=dev"),
        ("/node/bin/npm", "install", "--omit=dev"),
    ]
    assert {command.environment["PATH"] for command in npm.commands} == {"/node/bin:/usr/bin"}
    assert json.loads(npm.documents[1])["dependencies"] == {"@aws-sdk/client-s3": "^3"}
    assert all((each.target / "node_modules/one/index.js").is_file() for each in wanted)


def test_without_npm_the_sentence_names_it(tmp_path: Path) -> None:
    file = package(tmp_path / "functions/a", "one").resolve()
    with pytest.raises(ExceptionGroup) as failed:
        asyncio.run(fill(fillings(find(tmp_path, function("a")), Toolchain("/bin/node"), {}), FakeNpm(), print))
    assert str(failed.value.exceptions[0]) == (
        f"a: {file} needs npm, and there is no `npm` on PATH; install Node.js with npm."
    )


@pytest.mark.server
def test_a_function_runs_with_what_npm_installed(by_hand: Path, start: Callable[..., LocalGateway]) -> None:
    functions = by_hand / "config/functions.yml"
    functions.write_text(
        functions.read_text() + "  pages: {handler: index.handler, runtime: nodejs22.x, timeout: 30}\n"
    )
    code = by_hand / "functions/pages"
    write(code / "package.json", '{"type": "module", "dependencies": {"own": "file:./own"}}')
    write(code / "own/package.json", '{"name": "own", "version": "1.0.0", "main": "index.js"}')
    write(code / "own/index.js", 'module.exports = "own";')
    write(code / "index.js", 'import own from "own";\nexport const handler = async () => own;\n')
    gateway = start(by_hand).ready()
    assert gateway.invoke("pages", {}) == "own"
    assert not (code / "node_modules").exists()
    assert gateway.end() == 0
