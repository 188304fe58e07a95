"""The generator keeps the contract: its documents are valid, and images get its schemas and its table of services."""

from __future__ import annotations

import io
import re
import tarfile
from pathlib import Path
from typing import cast

import pytest

import esb_schemas
from esb_generator.output.service_images.service_contexts import runtime_files, service_contexts
from esb_schemas import release
from esb_schemas.backends import BACKENDS, backends_json
from esb_schemas.documents.kinds import Kind
from esb_schemas.validation.loading import load

CASES = Path(__file__).parents[1] / "generator" / "cases"
SUPERVISOR = Path(__file__).parents[2] / "runtime/supervisor"
WRITTEN = sorted(CASES.glob("**/expected/**/config/*.yml"))


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.relative_to(CASES).as_posix())
def test_what_the_generator_writes_is_valid(path: Path) -> None:
    assert load(cast("Kind", path.stem), path)["Version"] == 1


def members(content: bytes | Path) -> dict[str, bytes]:
    """The files of an archive."""
    assert isinstance(content, bytes)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {member.name: opened.read() for member in archive if (opened := archive.extractfile(member)) is not None}


@pytest.mark.parametrize("service", ["gateway", "provisioner"])
def test_an_image_is_built_with_the_schemas_that_the_generator_has(service: str) -> None:
    (code,) = (file.content for file in service_contexts(runtime_files())[service] if file.path == "esb_schemas.tar")
    shipped = members(code)
    package = Path(esb_schemas.__file__).parent
    for path in {*package.rglob("*.json")} - {package / release.FILE}:  # a tag is a hash of the content alone
        name = f"esb_schemas/{path.relative_to(package).as_posix()}"
        assert shipped[name] == path.read_bytes()


def test_every_image_with_python_gets_the_table_of_services_beside_sitecustomize() -> None:
    runtime = {file.path: file.content for file in runtime_files()}
    assert "sitecustomize.py" in runtime
    assert runtime["backends.json"] == backends_json().encode()

    for context in service_contexts(runtime_files()).values():
        (archive,) = (file.content for file in context if file.path == "runtime.tar")
        assert members(archive).keys() == runtime.keys()


def test_the_supervisor_has_the_names_of_the_table_of_services() -> None:
    """It runs where there is only bash, so that its names are written out."""
    (logs,) = (row for row in BACKENDS if row.endpoint_variable == "VICTORIALOGS_URL")
    used = set(re.findall(r"\$(VICTORIALOGS_\w+)", SUPERVISOR.read_text(encoding="utf-8")))
    auth = logs.basic_auth
    assert auth is not None
    assert used == {logs.endpoint_variable, auth.username_variable, auth.password_variable}
