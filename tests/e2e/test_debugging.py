"""A debugger attaches to a function in a container, by the files that docs/debugging.md shows."""

from __future__ import annotations

import importlib.util
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

from tests.documents import ROOT, blocks, scenario
from tests.gateway.local.debugging.dap import DebugClient

from .conftest import Stack, free_ports, wait_for

HANDLER = """\
def handler(event, context):
    cups = event["cups"] * 2
    return {"cups": cups, "left": context.get_remaining_time_in_millis()}
"""


def overlay() -> Any:
    """The Compose file that the page shows."""
    (found,) = (block.text for block in blocks(ROOT / "docs/debugging.md") if block.language == "yaml")
    return yaml.safe_load(found)


def start(stack: Stack, port: int) -> None:
    """Do what the page says."""
    prepared, up = scenario("debugging")
    shell = stack.shell()
    shell.run(prepared)
    # This environment has debugpy, which the page downloads.
    installed = importlib.util.find_spec("debugpy")
    assert installed is not None
    assert installed.origin is not None
    shutil.copytree(Path(installed.origin).parent, stack.folder / "debug/debugpy")
    document = overlay()
    services = document["services"]
    services["hello"] = services.pop("orders") | {"ports": [f"127.0.0.1:{port}:5678"]}
    services["gateway"]["environment"]["ESB_DEBUG"] = "hello"
    (stack.folder / "compose.debug.yaml").write_text(yaml.safe_dump(document))
    if (stack.folder / "compose.override.yaml").exists():
        shell.replace["-f compose.yaml"] = "-f compose.yaml -f compose.override.yaml"
    shell.replace["up -d"] = "up -d --wait"
    shell.run(up)


def test_a_debugger_stops_in_the_source_of_a_container(tiny: Stack) -> None:
    source = tiny.folder / "src/app.py"
    source.write_text(HANDLER)
    tiny.build()
    port = free_ports()["LOGS"]
    start(tiny, port)

    with ThreadPoolExecutor() as pool:
        answer = pool.submit(tiny.invoke, "hello", {"cups": 3})
        debugger = wait_for(lambda: attached(port, source))
        thread, frame = debugger.stopped()
        assert (frame["source"]["path"], frame["line"]) == (str(source), 3)
        assert debugger.variables(frame)["cups"] == "6"
        debugger.call("continue", threadId=thread)
        result = answer.result(90)
        assert result["cups"] == 6
        assert result["left"] > 3_600_000
        debugger.close()


def attached(port: int, source: Path) -> DebugClient | None:
    """None before it listens: the published port accepts connections before."""
    debugger = DebugClient(port)
    try:
        debugger.attach({str(source): [3]}, pathMappings=[{"localRoot": str(source.parent), "remoteRoot": "/var/task"}])
    except (OSError, AssertionError, ValueError):
        debugger.close()
        return None
    return debugger
