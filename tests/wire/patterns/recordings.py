"""The recorded vectors of event patterns: comments and trailing commas are the whole of JSON5 that they use."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parents[4] / "shared/recorded"
MISSING = "the recordings of AWS's answers (../shared/recorded) are not here"

_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*')
_TRAILING = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])')


def vectors() -> list[Path]:
    return sorted((RECORDED / "events/patterns").glob("*.json5"))


def read_vector(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The event and the pattern of one file."""
    text = _COMMENT.sub(lambda found: found[1] or "", path.read_text(encoding="utf-8"))
    content = json.loads(_TRAILING.sub(lambda found: found[1] or "", text))
    return content["Event"], content["EventPattern"]


def recorded(module: str) -> dict[str, Any]:
    """The steps of each test of a module, by the test's name without its class."""
    tests = json.loads((RECORDED / f"{module}.json").read_text(encoding="utf-8"))
    return {name.partition("::")[2]: content["recorded-content"] for name, content in tests.items()}
