"""A debugger attaches to a function in a container, by the files that docs/debugging.md shows."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from tests.gateway.local.dap import DebugClient

from .conftest import HERE, Stack, free_ports, wait_for

PAGE = (HERE.parents[1] / "docs/debugging.md").read_text(encoding="utf-8").partition("## In containers")[2]
HANDLER = """\
def handler(event, context):
    cups = event["cups"] * 2
    return {"cups": cups, "left": context.get_remaining_time_in_millis()}
"""


def block(language: str) -> str:
    """The page's only block of a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


def prepare(stack: Stack, port: int) -> list[str]:
    """Do what the page says; gives the options of `docker compose` that name the overlay."""
    # This environment has debugpy, which the page downloads.
    script = "\n".join(line for line in block("sh").splitlines() if not line.startswith("pip install"))
    subprocess.run(["sh", "-euc", script], cwd=stack.folder, check=True)
    installed = importlib.util.find_spec("debugpy")
    assert installed is not None
    assert installed.origin is not None
    shutil.copytree(Path(installed.origin).parent, stack.folder / "debug/debugpy")
    overlay = yaml.safe_load(block("yaml"))
    services = overlay["services"]
    services["hello"] = services.pop("orders") | {"ports": [f"127.0.0.1:{port}:5678"]}
    services["gateway"]["environment"]["ESB_DEBUG"] = "hello"
    (stack.folder / "compose.debug.yaml").write_text(yaml.safe_dump(overlay))
    other = ["-f", "compose.override.yaml"] if (stack.folder / "compose.override.yaml").exists() else []
    return ["-f", "compose.yaml", *other, "-f", "compose.debug.yaml"]


def test_a_debugger_stops_in_the_source_of_a_container(tiny: Stack) -> None:
    source = tiny.folder / "src/app.py"
    source.write_text(HANDLER)
    tiny.build()
    port = free_ports()["LOGS"]
    files = prepare(tiny, port)
    done = tiny.compose(*files, "up", "-d", "--wait")
    assert done.returncode == 0, done.stderr

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
