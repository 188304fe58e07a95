"""Every Compose file that a build writes is held to the published schema of the Compose specification."""

from __future__ import annotations

import importlib.resources
import io
import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from esb_generator.cli import run
from esb_generator.cli.console import Console
from esb_schemas.engines.table import engines

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests/generator/cases"
# The cases whose functions and buckets differ: nothing else of a template is in a Compose file.
OF_INTEREST = ("lambda_/*", "s3/*", "stack/*", "sam/globals", "cloudformation/*-encodings", "cloudformation/numbers")
APPLICATIONS = {
    **{
        case.relative_to(CASES).as_posix(): case
        for pattern in OF_INTEREST
        for case in sorted(CASES.glob(pattern))
        if not case.name.startswith("error-")
    },
    **{f"examples/{found.parent.name}": found.parent for found in sorted(ROOT.glob("examples/*/template.yaml"))},
    **{f"e2e/{found.parent.name}": found.parent for found in sorted(ROOT.glob("tests/e2e/apps/*/template.yaml"))},
}
# Older than the published schema, which has them from Compose 2.22 on: an older one refuses the whole file.
TOO_NEW = {"develop", "gpus", "models", "post_start", "pre_stop", "provider", "use_api_socket"}


@pytest.fixture(scope="session", name="specification")
def compose_specification() -> jsonschema.protocols.Validator:
    folder = importlib.resources.files("check_jsonschema") / "builtin_schemas/vendor/compose-spec.json"
    schema = json.loads(folder.read_text(encoding="utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


def written(application: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *servers: str) -> dict[str, Any]:
    """Every Compose file of an application's build, by name."""
    project = tmp_path / "project"
    shutil.copytree(application, project, ignore=shutil.ignore_patterns("expected", "why.txt", ".esb"))
    monkeypatch.chdir(project)
    extra = project / "arguments.txt"
    arguments = extra.read_text().splitlines() if extra.exists() else []
    console = Console(io.StringIO(), io.StringIO())
    assert run(["build", *arguments, *servers], Path(), {}, console) == 0, console.err
    files = [*project.glob("compose.yaml"), *project.glob(".esb/*.yml")]
    return {file.name: yaml.load(file.read_text(), yaml.CSafeLoader) for file in files}


def problems(files: dict[str, Any], specification: jsonschema.protocols.Validator) -> list[str]:
    """What is wrong in which file."""
    return [
        f"{name}: {error.json_path}: {error.message}"
        for name, document in files.items()
        for error in specification.iter_errors(document)
    ]


@pytest.mark.parametrize("application", APPLICATIONS)
def test_every_file_is_one_of_the_specification(
    application: str, specification: jsonschema.protocols.Validator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = written(APPLICATIONS[application], tmp_path, monkeypatch)

    assert {"compose.yaml", "docker-compose.yml", "docker-compose.services.yml", "docker-stack.yml"} <= set(files)
    assert problems(files, specification) == []


@pytest.mark.parametrize("database", engines("dynamodb"))
@pytest.mark.parametrize("storage", engines("s3"))
def test_so_it_is_with_every_server(
    database: str,
    storage: str,
    specification: jsonschema.protocols.Validator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    choice = ("--database", database, "--storage", storage)
    files = written(ROOT / "tests/e2e/apps/probe", tmp_path, monkeypatch, *choice)

    assert problems(files, specification) == []


def test_the_stack_itself_asks_for_nothing_that_compose_2_20_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = written(ROOT / "tests/e2e/apps/probe", tmp_path, monkeypatch)["docker-compose.services.yml"]["services"]

    assert {key for service in services.values() for key in service} & TOO_NEW == set()
