"""Fixtures of the tests of the commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gateway.async_invoke.conftest import client, host
from tests.gateway.cli.serve_process import FUNCTIONS, ROUTING

__all__ = ["client", "config", "host"]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A folder with one function and one route."""
    (tmp_path / "functions.yml").write_text(FUNCTIONS)
    (tmp_path / "routing.yml").write_text(ROUTING)
    return tmp_path
