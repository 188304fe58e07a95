"""Which functions wait for a debugger, and what an editor is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from esb_gateway.cli import main
from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.embedded.function_folders import FunctionFolders
from esb_gateway.execution.embedded.toolchain import Toolchain
from esb_gateway.execution.pools.slots import NO_DEADLINE
from esb_gateway.local.debugging.debug_target import DebugTarget
from esb_gateway.local.debugging.debugger import debugged, launch_json
from esb_gateway.local.folder.reading import Folder, read_folder
from esb_gateway.local.folder.source_paths import source_paths


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


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, message in {
        ("invoke", "brew", "--debug"): "--debug is for a gateway that is started for the call; add --local",
        ("local", "--debug", ":5678"): ":5678 names no function; write it as NAME or NAME:5678",
        ("local", "--debug", "brew:x"): "x is not a port",
    }.items():
        with pytest.raises(SystemExit):
            main(list(arguments))
        assert message in capsys.readouterr().err
