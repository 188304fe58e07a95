"""Small real applications: `cases/<service>/<case>/`, and in `expected/` what `esb build` makes of each.

`why.txt` says in one line why a case exists; `arguments.txt` has further arguments, one a line. `expected/messages.txt`
is what the command prints on standard error, without the lines of the template; `expected/config/` has the documents
that are not empty, without the line that names their schema. A case without `config` fails. The cases of `stack` have
all other generated files, too: hashes and secrets are masked, copies of code and schemas are left out.
ESB_UPDATE_CASES=1 writes `expected/`.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from esb_generator.cli import run
from esb_generator.cli.console import Console
from esb_generator.output.plan import SCHEMA_OF

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.relative_to(CASES).as_posix() for path in CASES.glob("*/*"))
COPIED = re.compile(r"schemas/|services/|runtime/|functions/[^/]+/(code|context|layers)/")
# Of contexts with ESB's own code, which changes.
HASHES = re.compile(
    r"(?<=IMAGE_TAG:-)[0-9a-f]{16}|(?<=supervisor-)[0-9a-f]{16}|(?<=node-guard-)[0-9a-f]{16}"
    r"|(?<=esb\.supervisor: \")[0-9a-f]{16}"
)


@pytest.mark.parametrize("case", NAMES)
def test_case(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / Path(case).name
    shutil.copytree(CASES / case, project, ignore=shutil.ignore_patterns("expected", "why.txt"))
    monkeypatch.chdir(project)
    extra = project / "arguments.txt"
    arguments = extra.read_text().splitlines() if extra.exists() else []

    code, messages = build(arguments)
    made = {"messages.txt": messages} if messages else {}
    if code == 0:
        made |= dict(stack(project) if case.startswith("stack/") else documents(project))
    else:
        assert not (project / ".esb").exists(), "a build that failed wrote something"
    if os.environ.get("ESB_UPDATE_CASES"):
        update(CASES / case / "expected", made)

    assert made == expected(CASES / case / "expected")
    if code == 0:
        assert build([*arguments, "--check"])[0] == 0, "the second build would change something"


@pytest.mark.parametrize("case", NAMES)
def test_a_case_says_in_one_line_why_it_exists(case: str) -> None:
    assert re.fullmatch(r"\S.*\.\n", (CASES / case / "why.txt").read_text())


def build(arguments: list[str]) -> tuple[int, str]:
    out, err = io.StringIO(), io.StringIO()
    code = run(["build", *arguments], Path(), {}, Console(out, err, excerpts=False))
    return code, err.getvalue()


def documents(project: Path) -> Iterator[tuple[str, str]]:
    for path in (project / ".esb/config").iterdir():
        text = path.read_text()
        if any(value for key, value in yaml.load(text, yaml.CSafeLoader).items() if key not in ("Version", "stack")):
            yield f"config/{path.name}", text.replace(SCHEMA_OF.format(kind=path.stem), "")


def stack(project: Path) -> Iterator[tuple[str, str]]:
    output = project / ".esb"
    yield "compose.yaml", (project / "compose.yaml").read_text()
    for path in (path for path in output.rglob("*") if path.is_file()):
        name = path.relative_to(output).as_posix()
        if not COPIED.match(name):
            yield f"esb/{name}", masked(name, path.read_text())


def masked(name: str, text: str) -> str:
    if name == "manifest.json":
        return "".join(
            f"{file}\n" for file in json.loads(text)["files"] if not file.startswith(("services/", "runtime/"))
        )
    if name.endswith(".env"):
        return re.sub(r"=[0-9A-Za-z+/]{20,}=*$", "=…", text, flags=re.MULTILINE)
    return HASHES.sub("…", text)


def expected(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def update(folder: Path, files: dict[str, str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
