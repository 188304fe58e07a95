"""The files for continuous integration: this repository's own, and those of docs/continuous-integration.md."""

from __future__ import annotations

import ast
import importlib.resources
import io
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from esb_generator.cli import run
from esb_generator.cli.console import Console
from esb_generator.output.plan import SCHEMA_OF

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/continuous-integration.md").read_text("utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
WORKFLOWS = {
    "ci.yml": (ROOT / ".github/workflows/ci.yml").read_text("utf-8"),
    "docs": next(block for block in BLOCKS if block.startswith("# .github/workflows/")),
}
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))


def hold_to(schema: str, document: Any) -> None:
    file = importlib.resources.files("check_jsonschema") / f"builtin_schemas/vendor/{schema}.json"
    jsonschema.validate(document, json.loads(file.read_text(encoding="utf-8")))


def load(text: str) -> Any:
    """YAML 1.2, as GitHub reads it: `on` is a key and no boolean."""
    document = yaml.safe_load(text)
    document["on"] = document.pop(True)
    return document


def commands(text: str) -> list[str]:
    jobs = load(text)["jobs"].values()
    return [step["run"] for job in jobs for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_is_valid(name: str) -> None:
    hold_to("github-workflows", load(WORKFLOWS[name]))


def test_the_workflow_runs_sessions_that_there_are() -> None:
    tree = ast.parse((ROOT / "noxfile.py").read_text("utf-8"))
    sessions = {each.name for each in tree.body if isinstance(each, ast.FunctionDef)} | {"install"}
    jobs = load(WORKFLOWS["ci.yml"])["jobs"]
    ran = {command.removeprefix("python3 noxfile.py -s ") for command in commands(WORKFLOWS["ci.yml"])}
    ran = ran - {"${{ matrix.session }}"} | set(jobs["checks"]["strategy"]["matrix"]["session"])
    assert ran == {"lint", "typing", "tests", "demo", "install", "e2e"}
    assert ran <= sessions


def test_dependabot_knows_the_files_with_pins() -> None:
    document = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text("utf-8"))
    hold_to("dependabot", document)
    folders = {each["package-ecosystem"]: each.get("directories", []) for each in document["updates"]}
    pinned = {path.parent for path in ROOT.glob("*/**/*.txt") if is_ours(path) and "--hash=sha256" in path.read_text()}
    assert {f"/{path.relative_to(ROOT)}" for path in pinned} == set(folders["pip"])
    images = {path.parent for path in ROOT.glob("*/Dockerfile")}
    assert {f"/{path.relative_to(ROOT)}" for path in images} == set(folders["docker"])


def is_ours(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return parts[0] not in ("dist", "tests") and not any(part.startswith(".") for part in parts)


def test_the_commands_of_the_page_work(tmp_path: Path) -> None:
    null = Console(io.StringIO(), io.StringIO())
    assert run(["init", "shop", "--no-input"], tmp_path, {}, null) == 0
    esb = [command.split()[1:] for command in commands(WORKFLOWS["docs"]) if command.startswith("esb ")]
    assert esb == [["validate", "--strict"], ["build"]]
    for arguments in (*esb, ["build", "--check"]):
        assert run(arguments, tmp_path / "shop", {}, null) == 0


def test_the_hook_of_the_page_is_there_and_runs(tmp_path: Path) -> None:
    (hook,) = HOOKS
    (repository,) = yaml.safe_load(next(block for block in BLOCKS if "repos:" in block))["repos"]
    assert [each["id"] for each in repository["hooks"]] == [hook["id"]]
    assert hook["pass_filenames"] is False
    for name in ("template.yaml", "api/template.yml", "template.json", "samconfig.toml"):
        assert re.search(hook["files"], name)
    for name in ("my-template.yaml", "template.yaml.bak", "src/app.py"):
        assert not re.search(hook["files"], name)
    console = Console(io.StringIO(), io.StringIO())
    run(["init", "--no-input"], tmp_path, {}, console)
    arguments = hook["entry"].removeprefix("esb ").split()
    assert run([*arguments, *repository["hooks"][0]["args"]], tmp_path, {}, console) == 0


def test_the_schema_that_the_page_names_is_that_of_the_generated_file() -> None:
    (line,) = re.findall(r"# yaml-language-server: .*\n", PAGE)
    assert line == SCHEMA_OF.format(kind="functions")
