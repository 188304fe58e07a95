"""Settings of all tests: no network unless a test is marked `server`, and default signal handlers.

Background jobs of a shell, and nohup, ignore some signals; child processes would inherit that.
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
