"""The process of a function before the runtime client runs in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from esb_gateway.execution.embedded import start_function

_TRACES = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import start_function

def memory():
    return int(Path("/proc/self/statm").read_text().split()[5]) * os.sysconf("SC_PAGE_SIZE")

def seen():
    return os.popen('printf %s "${_X_AMZN_TRACE_ID-none}"').read()

start_function.keep_one_trace_id()
os.environ["_X_AMZN_TRACE_ID"] = "Root=1-first"
before = memory()
for number in range(50_000):
    os.environ["_X_AMZN_TRACE_ID"] = f"Root=1-{number:08x}-{number:024x};Parent={number:016x};Sampled=0"
grown = memory() - before
print("grown by less than 1 MB" if grown < 1024 * 1024 else f"grown by {grown}")
print(seen() == os.environ["_X_AMZN_TRACE_ID"])
os.environ["_X_AMZN_TRACE_ID"] = "x" * 5000
print(seen() == "x" * 5000)
os.environ["_X_AMZN_TRACE_ID"] = "Root=1-short"
os.environ["OTHER"] = "1"
print(seen() + os.popen("echo $OTHER").read().strip())
del os.environ["_X_AMZN_TRACE_ID"]
print(seen())
"""


@pytest.mark.parametrize(
    ("arguments", "files", "command"),
    [
        ([], [], None),
        (["/a", "/b"], ["/a", "/b"], None),
        (["--", "node", "index.mjs"], [], ["node", "index.mjs"]),
        (["/a", "--", "node", "index.mjs"], ["/a"], ["node", "index.mjs"]),
        (["/bootstrap", "--"], ["/bootstrap"], []),
    ],
)
def test_files_come_before_the_command(arguments: list[str], files: list[str], command: list[str] | None) -> None:
    assert start_function.split(arguments) == (files, command)


@pytest.mark.skipif(sys.platform != "linux", reason="it is Linux's C library that grows")
def test_trace_ids_of_many_invocations_take_no_memory_and_reach_child_processes() -> None:
    folder = str(Path(start_function.__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", _TRACES, folder], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout.splitlines() == ["grown by less than 1 MB", "True", "True", "Root=1-short1", "none"]
    assert done.stderr == ""
