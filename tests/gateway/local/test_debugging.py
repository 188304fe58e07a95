"""`esb-gateway local --debug`: a debugger attaches, stops in the source of a function, reads a variable and goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.cli import main
from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.embedded.function_folders import FunctionFolders
from esb_gateway.execution.embedded.toolchain import Toolchain
from esb_gateway.execution.pools.slots import NO_DEADLINE
from esb_gateway.local.debug_target import DebugTarget
from esb_gateway.local.debugger import debugged, launch_json
from esb_gateway.local.folder import Folder, read_folder
from esb_gateway.local.source_paths import source_paths
from tests.gateway.local.dap import DebugClient
from tests.gateway.local.inspector import Inspector
from tests.gateway.local.local_gateway import LocalGateway, write_folder
from tests.watching import until

BREW = """\
READY = True


def handler(event, context):
    cups = event["cups"] * 2
    return {"cups": cups, "left": context.get_remaining_time_in_millis()}
"""
LINE = 6  # after `cups` is set
FUNCTIONS = """\
functions:
  brew: {logical_id: Brew, handler: app.handler, runtime: python3.11, timeout: 1}
  pour: {handler: index.handler, runtime: nodejs20.x}
  guard: {handler: app.handler, runtime: python3.11}
  tool: {handler: any, runtime: provided.al2023}
  roast: {handler: Roast, runtime: java21}
"""
ROUTING = """\
apis:
  Shop:
    authorizers: {Guard: {type: REQUEST, function: guard, identity_sources: [$request.header.Authorization]}}
routes:
- {path: /brew, method: GET, function: brew, api: Shop}
- {path: /pour, method: GET, function: pour, api: Shop, authorizer: Guard}
"""
WATCH = """\
services:
  brew: {develop: {watch: [{path: src, target: /var/task}]}}
  pour: {develop: {watch: [{path: src/index.js, target: /var/task/index.js}]}}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The output of a build, with its sources in `src` beside it."""
    root, source = tmp_path / ".esb", tmp_path / "src"
    source.mkdir()
    write_folder(root, {"functions.yml": FUNCTIONS, "routing.yml": ROUTING, "resources.yml": "{}\n"})
    (root / "docker-compose.watch.yml").write_text(WATCH)
    (source / "app.py").write_text(BREW)
    (source / "index.js").write_text("exports.handler = async () => 1;\n")
    for name in ("brew", "guard", "pour", "tool"):
        shutil.copytree(source, root / "functions" / name)
    (root / "functions/tool/bootstrap").write_text("#!/bin/sh\n")
    return root


@pytest.fixture
def folder(root: Path) -> Folder:
    return read_folder(root, Toolchain("/usr/bin/node", java="/usr/bin/java"))


def test_a_debugged_function_has_one_slot_and_no_deadline(folder: Folder) -> None:
    found = debugged(folder, (DebugTarget("Brew"), DebugTarget("guard", 7000), DebugTarget("pour")))
    assert found.ports == {"brew": 5678, "guard": 7000, "pour": 9229}
    configuration = found.apply(folder).configuration
    brew, tool = configuration.functions["brew"], configuration.functions["tool"]
    assert (brew.timeout, brew.min_capacity, brew.max_capacity, brew.debugged) == (NO_DEADLINE, 1, 1, True)
    assert tool == folder.configuration.functions["tool"]
    assert [route.timeout for route in configuration.routes] == [NO_DEADLINE, NO_DEADLINE]
    auth = configuration.routes[1].auth
    assert auth is not None
    assert getattr(auth.authorizer, "timeout", None) == NO_DEADLINE


def test_a_route_waits_for_a_debugged_authorizer(folder: Folder) -> None:
    only_guard = debugged(folder, (DebugTarget("guard"),)).apply(folder).configuration
    assert [route.timeout for route in only_guard.routes] == [folder.configuration.routes[0].timeout, NO_DEADLINE]


def test_ports_are_counted_up(folder: Folder) -> None:
    assert debugged(folder, (DebugTarget("brew"), DebugTarget("guard"))).ports == {"brew": 5678, "guard": 5679}
    assert debugged(folder, (DebugTarget("brew"), DebugTarget("guard", 5678))).ports == {"brew": 5679, "guard": 5678}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("breww", "--debug breww: there is no such function; did you mean brew?"),
        ("zzz", "--debug zzz: there is no such function; functions are brew, guard, pour, roast, tool."),
        ("tool", "--debug tool: provided.al2023 has no debugger that is known here"),
    ],
)
def test_what_cannot_be_debugged_is_one_sentence(root: Path, folder: Folder, name: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        debugged(folder, (DebugTarget(name),))
    assert str(refused.value).startswith(message)


def test_an_unsupported_function_says_why(root: Path) -> None:
    folder = read_folder(root, Toolchain())
    with pytest.raises(ConfigurationError, match="--debug pour: "):
        debugged(folder, (DebugTarget("pour"),))


def test_the_launch_json_maps_sources_to_copies(root: Path, folder: Folder) -> None:
    functions = folder.configuration.functions
    sources = source_paths(root, functions.values())
    ports = {"brew": 5678, "pour": 9229}
    (roast,) = launch_json([functions["roast"]], {"roast": 5005}, FunctionFolders(root), sources)["configurations"]
    assert roast == {"name": "ESB: roast", "type": "java", "request": "attach", "hostName": "127.0.0.1", "port": 5005}
    brew, pour = launch_json([functions["brew"], functions["pour"]], ports, FunctionFolders(root), sources)[
        "configurations"
    ]
    source = str(root.parent / "src")
    assert brew == {
        "name": "ESB: brew",
        "type": "debugpy",
        "request": "attach",
        "connect": {"host": "127.0.0.1", "port": 5678},
        "pathMappings": [{"localRoot": source, "remoteRoot": str(root / "functions/brew")}],
    }
    assert (pour["type"], pour["port"], pour["localRoot"]) == ("node", 9229, source)
    assert pour["remoteRoot"] == str(root / "functions/pour")


def printed_launch_json(gateway: LocalGateway) -> Any:
    """The document that the gateway printed for the editor."""
    text = "".join(gateway.notes).partition("--debug: for .vscode/launch.json:\n")[2]
    return json.JSONDecoder().raw_decode(text)[0]


@pytest.mark.server
@pytest.mark.timeout(300)
def test_a_debugger_stops_in_the_source_and_goes_on(
    root: Path, start: Callable[..., LocalGateway], free_port: int
) -> None:
    gateway = start(root, "--debug", f"Brew:{free_port}").ready()
    until(lambda: any(f"waiting for a debugger on 127.0.0.1:{free_port}" in line for line in gateway.lines), 60)
    (configuration,) = printed_launch_json(gateway)["configurations"]
    assert configuration["connect"] == {"host": "127.0.0.1", "port": free_port}
    source = os.fspath(root.parent / "src/app.py")

    with ThreadPoolExecutor() as pool:
        answer = pool.submit(gateway.invoke, "brew", {"cups": 3})
        with closing(DebugClient(free_port)) as debugger:
            debugger.attach({source: [LINE]}, pathMappings=configuration["pathMappings"])
            thread, frame = debugger.stopped()
            assert (frame["source"]["path"], frame["line"]) == (source, LINE)
            assert debugger.variables(frame)["cups"] == "6"
            debugger.call("continue", threadId=thread)
            result = answer.result(60)
        assert result["cups"] == 6
        assert result["left"] > 3_600_000  # it has a Timeout of 1 s


@pytest.mark.server
@pytest.mark.timeout(300)
def test_a_node_function_waits_for_its_inspector(
    root: Path, start: Callable[..., LocalGateway], free_port: int
) -> None:
    source = root / "functions/pour/index.js"
    source.write_text("exports.handler = async (event) => {\n  const cups = event.cups * 2;\n  return { cups };\n};\n")
    gateway = start(root, "--debug", f"pour:{free_port}").ready()
    until(lambda: any("Debugger listening on" in line for line in gateway.lines), 60)

    with ThreadPoolExecutor() as pool:
        answer = pool.submit(gateway.invoke, "pour", {"cups": 3})
        with closing(Inspector(free_port)) as inspector:
            inspector.call("Runtime.enable")
            inspector.call("Debugger.enable")
            inspector.call("Debugger.setBreakpointByUrl", url=source.resolve().as_uri(), lineNumber=2)
            inspector.call("Runtime.runIfWaitingForDebugger")
            frame = inspector.event("Debugger.paused")["callFrames"][0]
            found = inspector.call("Debugger.evaluateOnCallFrame", callFrameId=frame["callFrameId"], expression="cups")
            assert found["result"]["value"] == 6
            inspector.call("Debugger.resume")
            assert answer.result(60) == {"cups": 6}


@pytest.mark.server
@pytest.mark.timeout(300)
def test_one_call_is_debugged(root: Path, free_port: int) -> None:
    command = [sys.executable, "-m", "esb_gateway", "invoke", "brew", "-e", "-", "--local", "--root", str(root)]
    called = subprocess.Popen(
        [*command, "--debug", str(free_port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert called.stdin is not None
        called.stdin.write('{"cups": 4}')
        called.stdin.close()
        until(lambda: is_listening(free_port), 60)
        with closing(DebugClient(free_port)) as debugger:
            debugger.attach({})
            assert called.stdout is not None
            assert json.loads(called.stdout.read())["cups"] == 8
            assert called.wait(60) == 0
    finally:
        called.kill()
        called.wait()
        if called.stdout is not None:
            called.stdout.close()


def is_listening(port: int) -> bool:
    """By the kernel's table: a connection would be the debugger's."""
    return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in tcp_table())


def tcp_table() -> list[str]:
    return Path("/proc/net/tcp").read_text(encoding="utf-8").splitlines()[1:]


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, message in {
        ("invoke", "brew", "--debug"): "--debug is for a gateway that is started for the call; add --local",
        ("local", "--debug", ":5678"): ":5678 names no function; write it as NAME or NAME:5678",
        ("local", "--debug", "brew:x"): "x is not a port",
    }.items():
        with pytest.raises(SystemExit):
            main(list(arguments))
        assert message in capsys.readouterr().err
