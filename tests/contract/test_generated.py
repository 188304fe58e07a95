"""Both sides keep the contract: what the generator writes is valid, and images have the schemas that it has."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import cast

import pytest

import esb_schemas
from esb_generator.output.services import runtime_files, service_contexts
from esb_schemas.catalogue import schema_text

CASES = Path(__file__).parents[1] / "generator" / "cases"
WRITTEN = sorted(CASES.glob("*/expected/config/*.yml"))


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: f"{path.parts[-4]}-{path.stem}")
def test_what_the_generator_writes_is_valid(path: Path) -> None:
    assert esb_schemas.load(cast("esb_schemas.Kind", path.stem), path)["Version"] == 1


@pytest.mark.parametrize("service", ["gateway", "provisioner"])
@pytest.mark.parametrize("kind", esb_schemas.KINDS)
def test_an_image_is_built_with_the_schemas_that_the_generator_has(service: str, kind: esb_schemas.Kind) -> None:
    shipped = {file.path: file.digest for file in service_contexts(runtime_files())[service]}

    assert shipped[f"esb_schemas/{kind}.schema.json"] == hashlib.sha256(schema_text(kind).encode()).hexdigest()
