"""The tests that docs/security.md names exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_each_test_that_the_page_names_exists() -> None:
    found = {path: functions(ROOT / path) if (ROOT / path).is_file() else set() for path, _ in NAMED}
    missing = [f"{path}::{name}" for path, name in NAMED if name not in found[path]]

    assert len(NAMED) > 40
    assert missing == []


def test_no_test_is_named_in_a_way_that_is_not_checked() -> None:
    assert len(re.findall(r"::test_", PAGE)) == len(re.findall(r"`tests/[\w/]+\.py::test_\w+`", PAGE))


def test_each_attacker_has_guarantees_and_their_limits() -> None:
    attackers = [part for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:] if part.startswith(("A ", "An "))]

    assert len(attackers) == 6
    assert [
        part.splitlines()[0] for part in attackers if "Guaranteed:" not in part or "Not guaranteed:" not in part
    ] == []
