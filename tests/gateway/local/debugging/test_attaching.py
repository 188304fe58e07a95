"""`esb-gateway local --debug`: a debugger attaches, stops in the source of a function, reads a variable and goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.local.debugging.dap import DebugClient
from tests.gateway.local.debugging.inspector import Inspector
from tests.gateway.local.local_gateway import LocalGateway
from tests.watching import until

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]

LINE = 6  # of the source of `brew`, after `cups` is set


def printed_launch_json(gateway: LocalGateway) -> Any:
    """The document that the gateway printed for the editor."""
    text = "".join(gateway.notes).partition("--debug: for .vscode/launch.json:\n")[2]
    return json.JSONDecoder().raw_decode(text)[0]


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
