"""Recordings of what AWS answered, where they are at hand: `recorded/` in the folder `shared` beside the repository."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[4] / "shared" / "recorded"


@pytest.fixture(scope="session")
def recorded() -> Callable[[str, str], dict[str, Any]]:
    """The recorded steps of one of LocalStack's snapshot tests, by the module and the test's name."""
    if not FOLDER.is_dir():
        pytest.skip(f"there are no recordings in {FOLDER}")

    def read(module: str, test: str) -> dict[str, Any]:
        entry = json.loads((FOLDER / f"{module}.json").read_text("utf-8"))[test]
        content: dict[str, Any] = entry["recorded-content"]
        return content

    return read
