"""Fixtures of the tests of esb_wire."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.certificates import Pair


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    folder = tmp_path / "tls"
    folder.mkdir()
    return Pair(folder)
