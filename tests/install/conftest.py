"""Each way to install ESB, tried in an environment that has nothing. The index of Python packages must be reachable.

These tests run only when they are asked for: `nox -s install`, which sets ESB_PACKAGE to a folder of packages.
"""

from __future__ import annotations

import os

import pytest


def pytest_ignore_collect() -> bool | None:
    return None if "ESB_PACKAGE" in os.environ else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "install" in item.path.parts:
            item.add_marker(pytest.mark.enable_socket)
            item.add_marker(pytest.mark.timeout(300))
