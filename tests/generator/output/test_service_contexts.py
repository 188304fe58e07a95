"""The build contexts of ESB's own services."""

from __future__ import annotations

import tomllib

import pytest

from esb_generator.errors import BuildError
from esb_generator.output import service_contexts as contexts
from esb_generator.output.service_contexts import runtime_files, service_contexts


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


def test_a_distribution_that_is_missing_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contexts, "_OURS", "esb-missing-")

    with pytest.raises(BuildError, match="the metadata of esb-missing-gateway is missing; install edge-serverless-box"):
        service_contexts(runtime_files())
