"""What every test needs: no network unless it is marked `server`, and children that can be signalled.

A shell's background jobs and nohup ignore some signals, which children inherit.
"""

from __future__ import annotations

import signal

import pytest

for number, handler in (
    (signal.SIGHUP, signal.SIG_DFL),
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGQUIT, signal.SIG_DFL),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("server") or "e2e" in item.path.parts:
            item.add_marker(pytest.mark.enable_socket)
