"""Each invocation has a trace id; a function that runs for months must not grow with them."""

from __future__ import annotations

import sys

import pytest

from .conftest import Interpreter

TRACES = """
import os
import awslambdaric.bootstrap

def memory():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[5]) * os.sysconf("SC_PAGE_SIZE")

def seen():
    return os.popen('printf %s "${_X_AMZN_TRACE_ID-none}"').read()

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
print(seen())
del os.environ["_X_AMZN_TRACE_ID"]
print(seen())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc grows")
def test_trace_ids_of_many_invocations_take_no_memory_and_reach_child_processes(python: Interpreter) -> None:
    done = python.run(TRACES)
    assert done.stdout.splitlines() == ["grown by less than 1 MB", "True", "True", "Root=1-short", "none"]
    assert done.stderr == ""
