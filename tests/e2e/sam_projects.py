"""The hello-world projects of `sam init`, read from SAM CLI's package: this repository has none of their files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment

PACKAGE = "ESB_SAM_PACKAGE"  # the variable that names a folder with the package `samcli`; `nox -s e2e` sets it
_TEMPLATES = "samcli/lib/init/templates/cookiecutter-aws-sam-hello-{kind}"
_PROJECT = "{{cookiecutter.project_name}}"


def is_here() -> bool:
    return (Path(os.environ.get(PACKAGE, os.devnull)) / "samcli").is_dir()


def skip_without_package() -> None:
    if not is_here():
        pytest.skip(f"{PACKAGE} names no folder with SAM CLI's package; `nox -s e2e` sets it")


def write_project(folder: Path, kind: str, runtime: str) -> None:
    """Write the project `kind`, such as python, as `sam init --runtime` does.

    Go's has the runtime go1.x, which AWS has ended; it gets another, as AWS advises, and less time for its request to a
    server on the internet.
    """
    source = Path(os.environ[PACKAGE]) / _TEMPLATES.format(kind=kind)
    answers = {**json.loads((source / "cookiecutter.json").read_text()), "project_name": kind, "runtime": runtime}
    environment = Environment(keep_trailing_newline=True, autoescape=False)
    for path, text in _files(source / _PROJECT):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(environment.from_string(text).render(cookiecutter=answers))
    template = folder / "template.yaml"
    text = template.read_text().replace("Runtime: go1.x", f"Runtime: {runtime}")
    template.write_text(text.replace("Timeout: 5", "Timeout: 1"))


def _files(source: Path) -> Iterator[tuple[Path, str]]:
    for path in source.rglob("*"):
        if path.is_file() and path.suffix != ".jar":
            yield path.relative_to(source), path.read_text()
