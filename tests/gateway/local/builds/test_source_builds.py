"""What is built from source: by which command, and that it is built once."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from esb_gateway.child_processes.launcher import Command
from esb_gateway.execution.embedded.toolchain import Toolchain
from esb_gateway.invocation import Function
from esb_gateway.local.builds.cache import fill
from esb_gateway.local.builds.shared_modules import fillings as module_fillings
from esb_gateway.local.builds.shared_modules import folders_by_build, shared_modules
from esb_gateway.local.builds.source_builds import (
    SourceBuild,
    Workshop,
    built_folders,
    fillings,
    missing_program,
    remove_others,
    wanted,
)
from esb_gateway.local.builds.tool_path import write_tools
from esb_schemas.contract import Build
from tests.gateway.functions import ORDERS
from tests.gateway.local.local_gateway import LocalGateway
from tests.watching import until

TOOLS = Toolchain(path="")
FUNCTION = replace(
    ORDERS,
    name="a",
    handler="bootstrap",
    runtime="provided.al2023",
    code="functions/a/code",
    layers=("functions/a/layers/1-x",),
    builds={"functions/a/code": Build("go", "go build", ("go",))},
)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def program(folder: Path, name: str) -> Path:
    file = write(folder / name, "#!/bin/sh\n")
    file.chmod(0o755)
    return file


def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    tools = Toolchain(path=str(tmp_path))
    fix = "which is not on PATH; install it, or run the function in its container with `docker compose up -d`."
    assert missing_program(FUNCTION, tools) == f"a: its code is built with `go` (go), {fix}"
    layer = replace(FUNCTION, builds={"functions/a/layers/1-x": Build("makefile", "make", ("make",))})
    assert missing_program(layer, tools) == (
        f"a: the layer functions/a/layers/1-x is built with `make` (makefile), {fix}"
    )
    program(tmp_path, "go")
    assert missing_program(FUNCTION, tools) is None


def test_node_and_npm_of_the_wheel_count() -> None:
    built = replace(FUNCTION, builds={"functions/a/code": Build("esbuild", "npm ci", ("node", "npm"))})
    assert missing_program(built, Toolchain(path="")) is not None
    assert missing_program(built, Toolchain("/wheel/node", ("/wheel/node", "/wheel/npm-cli.js"), path="")) is None


class FakeShell:
    """Writes down what is run, and leaves an artifact."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    async def __call__(self, command: Command, line: Callable[[str], object]) -> int:
        self.commands.append(command)
        assert (command.folder / "main.go").read_text() == "package main"
        write(Path(command.environment["ARTIFACTS_DIR"]) / "bootstrap", "")
        return 0


def run(builds: tuple[SourceBuild, ...], root: Path, tools: Toolchain, environment: Mapping[str, str]) -> FakeShell:
    shell = FakeShell()
    asyncio.run(fill(fillings(builds, Workshop(root, tools, environment)), shell, lambda _: None))
    return shell


def test_a_folder_is_built_once_and_its_artifacts_take_its_place(tmp_path: Path) -> None:
    write(tmp_path / "functions/a/code/main.go", "package main")
    tools = Toolchain(path=str(tmp_path / "bin"))
    builds = wanted([FUNCTION], tmp_path, tools)
    (command,) = run(builds, tmp_path, tools, {"PATH": "/usr/bin", "GOFLAGS": "-mod=vendor"}).commands
    assert command.arguments == ("/bin/sh", "-e", "-c", "go build")
    assert command.environment["GOFLAGS"] == "-mod=vendor -buildvcs=false"
    assert command.environment["PATH"] == f"{command.folder.parent}/tools:/usr/bin"
    artifacts = builds[0].target.resolve() / "artifacts"
    assert built_folders(builds) == {"functions/a/code": artifacts}
    assert [path.name for path in builds[0].target.rglob("*")] == ["artifacts", "bootstrap"]
    assert run(wanted([FUNCTION], tmp_path, tools), tmp_path, tools, {}).commands == []


def test_a_failed_build_shows_paths_that_exist_and_no_codes_for_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def maven(command: Command, line: Callable[[str], object]) -> int:
        line(f"[\x1b[1;31mERROR\x1b[m] {command.folder}/src/main/java/App.java:[3,5] ';' expected\x1b[K\r")
        return 1

    monkeypatch.chdir(tmp_path)
    root, said, broken = Path(".esb"), list[str](), dict[str, str]()
    write(root / "functions/a/code/main.go", "package main")
    builds = wanted([FUNCTION], root, TOOLS)
    asyncio.run(fill(fillings(builds, Workshop(root, TOOLS, {})), maven, said.append, broken))
    reason = f"a: .esb/functions/a/code could not be built (go); the reason is in {builds[0].target}.log."
    assert broken == {"a": reason}
    assert said == [
        "a: building .esb/functions/a/code (go)",
        "[ERROR] src/main/java/App.java:[3,5] ';' expected",
        f"{reason} Its calls fail until this is fixed; the other functions run.",
    ]
    assert Path(f"{builds[0].target}.log").read_text() == f"{said[1]}\n"


def test_what_changes_a_build_makes_a_new_one(tmp_path: Path) -> None:
    source = write(tmp_path / "functions/a/code/main.go", "package main")
    tools = Toolchain(path=str(tmp_path / "bin"))

    def target(function: Function = FUNCTION) -> Path:
        return wanted([function], tmp_path, tools)[0].target

    seen = {target()}
    assert target() in seen
    source.write_text("package main // changed")
    seen.add(target())
    source.chmod(0o755)
    seen.add(target())
    seen.add(target(replace(FUNCTION, builds={"functions/a/code": Build("go", "go build -v", ("go",))})))
    program(tmp_path / "bin", "go")
    seen.add(target())
    assert len(seen) == 5


def test_names_and_a_package_json_that_are_no_unicode_are_hashed(tmp_path: Path) -> None:
    write(Path(os.fsdecode(bytes(tmp_path / "functions/a/code") + b"/\xff.ts")), "")
    (tmp_path / "functions/a/code/package.json").write_bytes(b"\xff")
    built = replace(FUNCTION, builds={"functions/a/code": Build("esbuild", "npm ci", ("node", "npm"))})
    builds = wanted([built], tmp_path, Toolchain())
    assert len(shared_modules(builds, tmp_path, "v22.0.0")) == 1


def test_what_no_function_uses_any_more_is_removed(tmp_path: Path) -> None:
    write(tmp_path / "functions/a/code/main.go", "package main")
    tools = Toolchain()
    builds = wanted([FUNCTION], tmp_path, tools)
    run(builds, tmp_path, tools, {})
    packages = tmp_path / f"local/deps/{'0' * 16}/node_modules"
    unfinished = tmp_path / f"local/deps/{'1' * 16}.x/artifacts"
    for folder in (packages, unfinished):
        folder.mkdir(parents=True)
    remove_others(tmp_path, {builds[0].artifacts})
    assert builds[0].artifacts.is_dir()
    remove_others(tmp_path, set())
    assert not builds[0].target.exists()
    assert packages.is_dir()
    assert unfinished.is_dir()
    remove_others(tmp_path / "nothing", set())


def test_cargo_keeps_what_it_compiled(tmp_path: Path) -> None:
    write(tmp_path / "functions/a/code/main.go", "package main")
    rust = replace(FUNCTION, builds={"functions/a/code": Build("rust", "cargo build", ("cargo",))})
    (command,) = run(wanted([rust], tmp_path, Toolchain()), tmp_path, Toolchain(), {}).commands
    kept = Path(command.environment["CARGO_TARGET_DIR"])
    assert kept.parent == tmp_path / "local/cargo"


def test_builds_find_node_npm_and_uv_that_are_not_on_path(tmp_path: Path) -> None:
    npm = ("/wheel/bin/node", "/wheel/npm/bin/npm-cli.js")
    write_tools(tmp_path / "tools", Toolchain("/wheel/bin/node", npm, uv=("/usr/bin/python3", "-m", "uv")))
    texts = {file.name: file.read_text() for file in (tmp_path / "tools").iterdir()}
    assert "exec /wheel/bin/node /wheel/npm/bin/npm-cli.js" in texts.pop("npm")
    assert texts == {
        "node": '#!/bin/sh\nexec /wheel/bin/node "$@"\n',
        "npx": '#!/bin/sh\nexec /wheel/bin/node /wheel/npm/bin/npx-cli.js "$@"\n',
        "uv": '#!/bin/sh\nexec /usr/bin/python3 -m uv "$@"\n',
    }
    assert all(os.access(file, os.X_OK) for file in (tmp_path / "tools").iterdir())
    on_path = Toolchain("/usr/bin/node", ("/usr/bin/npm",), uv=("/usr/bin/uv",))
    write_tools(tmp_path / "few", on_path)
    assert [file.name for file in (tmp_path / "few").iterdir()] == ["npm"]


def test_npm_does_nothing_where_the_packages_are_shared(tmp_path: Path) -> None:
    real = program(tmp_path, "real")
    real.write_text('#!/bin/sh\necho "real $*"\n')
    write_tools(tmp_path / "tools", Toolchain("/bin/node", (str(real),)))

    def npm(*arguments: str) -> str:
        command = [str(tmp_path / "tools/npm"), *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.strip()

    assert npm("ci", "--no-audit") == "real ci --no-audit"
    (tmp_path / "node_modules").symlink_to(tmp_path)
    assert npm("ci", "--no-audit") == ""
    assert npm("install") == ""
    assert npm("install", "--no-save", "esbuild@0.25") == "real install --no-save esbuild@0.25"
    assert npm("run", "build") == "real run build"


def test_functions_with_the_same_package_json_share_what_npm_installs(tmp_path: Path) -> None:
    build = Build("esbuild", "npm ci || npm install --no-save esbuild@0.25\nesbuild", ("node", "npm"))
    functions = [
        replace(FUNCTION, name=name, code=f"functions/{name}", builds={f"functions/{name}": build}) for name in "ab"
    ]
    for name in "ab":
        write(tmp_path / f"functions/{name}/package.json", '{"dependencies": {"one": "1"}}')
        write(tmp_path / f"functions/{name}/{name}.ts", name)
    tools = Toolchain("/bin/node", ("/bin/npm",))
    builds = wanted(functions, tmp_path, tools)
    modules = shared_modules(builds, tmp_path, "v22.0.0")
    assert len({each.target for each in modules}) == 1
    commands: list[tuple[str, ...]] = []

    async def npm(command: Command, line: Callable[[str], object]) -> int:
        commands.append(command.arguments)
        return 0

    asyncio.run(fill(module_fillings(modules, tools, {}), npm, lambda _: None))
    assert [(command[:2], command[-1]) for command in commands] == [
        (("/bin/npm", "install"), "--loglevel=error"),
        (("/bin/npm", "install"), "esbuild@0.25"),
    ]
    linked: list[Path] = []

    async def shell(command: Command, line: Callable[[str], object]) -> int:
        linked.append((command.folder / "node_modules").resolve())
        return 0

    workshop = Workshop(tmp_path, tools, {}, folders_by_build(modules))
    asyncio.run(fill(fillings(builds, workshop), shell, lambda _: None))
    assert linked == [modules[0].folder] * 2
    assert modules[0].folder.is_dir(), "it outlives the builds"


def refused(gateway: LocalGateway) -> str:
    """Why the last change is not in use."""
    return str(gateway.call("GET", "/_esb/ready")[1].get("refused", ""))


@pytest.mark.server
def test_what_cannot_be_built_or_installed_at_the_start_stops_its_function_alone(
    by_hand: Path, start: Callable[..., LocalGateway]
) -> None:
    functions = by_hand / "config/functions.yml"
    functions.write_text(
        functions.read_text()
        + "  made: {handler: app.handler, runtime: python3.11, code: functions/made, builds: {functions/made: "
        '{method: makefile, tools: [sh], command: "exit 3"}}, scaling: {min_capacity: 1}}\n'
        "  pages: {handler: index.handler, runtime: nodejs22.x}\n"
    )
    write(by_hand / "functions/made/app.py", "")
    write(by_hand / "functions/pages/package.json", '{"dependencies": {"own": "file:./own"}}')
    write(by_hand / "functions/pages/package-lock.json", "{}")
    gateway = start(by_hand).ready()
    assert "functions/made could not be built (makefile)" in gateway.invoke("made")["errorMessage"]
    assert "functions/pages/package.json could not be installed" in gateway.invoke("pages")["errorMessage"]
    assert gateway.invoke("echo", 1) == 1
    assert gateway.end() == 0


@pytest.mark.server
def test_source_is_built_again_when_it_changes(by_hand: Path, start: Callable[..., LocalGateway]) -> None:
    entry = (
        "  made: {handler: app.handler, runtime: python3.11, code: functions/made, builds: {functions/made: "
        '{method: makefile, tools: [sh], command: "sh ./build.sh"}}}\n'
    )
    functions = by_hand / "config/functions.yml"
    functions.write_text(functions.read_text() + entry)
    write(by_hand / "functions/made/requirements.txt", "this is of the build, and not for pip\n")
    write(by_hand / "functions/made/source.txt", "first")
    script = """echo "handler = lambda event, context: '$(cat source.txt)'" >"$ARTIFACTS_DIR/app.py"\n"""
    write(by_hand / "functions/made/build.sh", script)
    gateway = start(by_hand).ready()
    assert gateway.invoke("made", {}) == "first"
    write(by_hand / "functions/made/source.txt", "second")
    until(lambda: gateway.invoke("made", {}) == "second")
    assert len(list((by_hand / "local/deps").iterdir())) == 2, "the one in use, and the one before"
    write(by_hand / "functions/made/build.sh", "echo no such thing; exit 3\n")
    until(lambda: "functions/made could not be built (makefile)" in refused(gateway))
    assert "no such thing\n" in gateway.notes
    assert gateway.invoke("made", {}) == "second"
    assert gateway.end() == 0
