"""Both sides keep the contract: what the generator writes is valid, and images have the schemas that it has."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import cast

import pytest

import esb_schemas
from esb_generator.output.service_contexts import runtime_files, service_contexts

CASES = Path(__file__).parents[1] / "generator" / "cases"
WRITTEN = sorted(CASES.glob("*/expected/config/*.yml"))


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: f"{path.parts[-4]}-{path.stem}")
def test_what_the_generator_writes_is_valid(path: Path) -> None:
    assert esb_schemas.load(cast("esb_schemas.Kind", path.stem), path)["Version"] == 1


@pytest.mark.parametrize("service", ["gateway", "provisioner"])
def test_an_image_is_built_with_the_schemas_that_the_generator_has(service: str) -> None:
    shipped = {file.path: file.digest for file in service_contexts(runtime_files())[service]}
    package = Path(esb_schemas.__file__).parent
    for path in package.rglob("*.json"):
        name = f"esb_schemas/{path.relative_to(package).as_posix()}"
        assert shipped[name] == hashlib.sha256(path.read_bytes()).hexdigest()
