"""Settings of all tests: no network unless a test is marked `server`, default signal handlers, the same examples.

Background jobs of a shell, and nohup, ignore some signals; child processes would inherit that.
"""

from __future__ import annotations

import gc
import signal
from typing import Any

import botocore.session
import pytest
from botocore.loaders import Loader, create_loader
from hypothesis import settings
from hypothesis.internal.conjecture import providers

from tests.repetitions import repeated

for number, handler in (
    (signal.SIGHUP, signal.SIG_DFL),
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGQUIT, signal.SIG_DFL),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)


# The same examples each time, unless more are asked for; no deadline, which a busy machine misses.
settings.register_profile("esb", deadline=None, derandomize=repeated(1) == 1)
settings.load_profile("esb")
# Nor examples made of the constants in whatever modules the process has loaded: other workers load others.
providers._get_local_constants = lambda: providers._local_constants

_models: dict[Any, Any] = {}


def _sharing_loader(search_path: str | None = None) -> Loader:
    """A loader that has what earlier ones have read; without it, a third of the tests' time is reading models."""
    loader = create_loader(search_path)
    loader._cache = _models
    return loader


botocore.session.create_loader = _sharing_loader


def pytest_collection() -> None:
    """Collecting makes a million objects that stay: looking for garbage among them is a tenth of its time."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("server") or "e2e" in item.path.parts:
            item.add_marker(pytest.mark.enable_socket)
    items.sort(key=_has_no_server)


def _has_no_server(item: pytest.Item) -> bool:
    """Files whose tests start servers are begun first: they are the longest, and no core waits for the last of them."""
    return item.get_closest_marker("server") is None
