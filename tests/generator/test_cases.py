"""Small real applications: `cases/<case>/template.yaml` and, in `expected/`, what `esb build` makes of it.

`config/*.yml` are compared as they are; `messages.txt` is what the command says on standard error. A case without
`config` is one that fails. `arguments.txt` holds further arguments, one a line. ESB_UPDATE_CASES=1 writes `expected/`.
"""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path

import pytest

from esb_generator.cli import Console, run

CASES = Path(__file__).parent / "cases"


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir() if path.is_dir()))
def test_case(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / case
    shutil.copytree(CASES / case, project, ignore=shutil.ignore_patterns("expected"))
    monkeypatch.chdir(project)
    extra = project / "arguments.txt"
    arguments = extra.read_text().splitlines() if extra.exists() else []

    code, messages = build(arguments)
    made = {"messages.txt": messages} if messages else {}
    if code == 0:
        made |= {f"config/{path.name}": path.read_text() for path in (project / ".esb/config").iterdir()}
    else:
        assert not (project / ".esb").exists(), "a build that failed wrote something"
    if os.environ.get("ESB_UPDATE_CASES"):
        update(CASES / case / "expected", made)

    assert made == expected(CASES / case / "expected")
    if code == 0:
        assert build([*arguments, "--check"])[0] == 0, "the second build would change something"


def build(arguments: list[str]) -> tuple[int, str]:
    out, err = io.StringIO(), io.StringIO()
    code = run(["build", *arguments], Path(), {}, Console(out, err))
    return code, err.getvalue()


def expected(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def update(folder: Path, files: dict[str, str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
