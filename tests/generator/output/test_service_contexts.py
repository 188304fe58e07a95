"""The build contexts of ESB's own services."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from esb_generator.errors import BuildError
from esb_generator.output import service_contexts as contexts
from esb_generator.output.service_contexts import CONSTRAINTS, runtime_files, service_contexts


@pytest.mark.parametrize("service", ["gateway", "provisioner"])
def test_a_service_is_built_from_its_own_folder_alone(service: str) -> None:
    files = service_contexts(runtime_files())[service]
    paths = {file.path for file in files}

    assert {"Dockerfile", "pyproject.toml", f"esb_{service}/__main__.py", "esb_schemas/__init__.py"} <= paths
    assert {f"esb_schemas/schema_files/{kind}.json" for kind in ("functions", "resources", "routing")} <= paths
    assert "runtime/sitecustomize.py" in paths
    assert ("esb_wire/http/messages.py" in paths) is (service == "gateway")
    assert len(paths) == len(files)
    assert not [path for path in paths if path.startswith(("/", ".."))]


def test_a_service_asks_for_the_requirements_of_all_its_packages_and_for_none_of_ours() -> None:
    files = {file.path: file.content for file in service_contexts(runtime_files())["gateway"]}
    content = files["pyproject.toml"]
    assert isinstance(content, bytes)
    dependencies = tomllib.loads(content.decode())["project"]["dependencies"]

    assert {"httptools", "pyyaml"} <= {line.partition(">")[0] for line in dependencies}
    assert not [line for line in dependencies if line.startswith("esb-") or "extra" in line]
    assert dependencies == sorted(set(dependencies))


def test_every_package_of_a_service_is_pinned_with_its_hashes() -> None:
    contexts_by_name = service_contexts(runtime_files())
    pins = CONSTRAINTS.read_text("utf-8")
    pinned = {line.partition("==")[0] for line in pins.splitlines() if line[:1].isalnum()}

    for files in contexts_by_name.values():
        by_path = {file.path: file.content for file in files}
        content, dockerfile = by_path["pyproject.toml"], by_path["Dockerfile"]
        assert isinstance(content, bytes)
        assert isinstance(dockerfile, Path)
        dependencies = tomllib.loads(content.decode())["project"]["dependencies"]
        assert {re.split(r"[^\w-]", line)[0].lower() for line in dependencies} <= pinned
        assert by_path["constraints.txt"] == CONSTRAINTS
        assert "--require-hashes -r pyproject.toml -c constraints.txt" in dockerfile.read_text("utf-8")
    assert all(line.startswith(("    --hash=sha256:",)) or "==" in line for line in pins.splitlines())


def test_a_distribution_that_is_missing_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contexts, "_OURS", "esb-missing-")

    with pytest.raises(BuildError, match="the metadata of esb-missing-gateway is missing; install edge-serverless-box"):
        service_contexts(runtime_files())
