"""The build contexts of ESB's own services."""

from __future__ import annotations

import io
import re
import tarfile
import tomllib
from pathlib import Path

import pytest

from esb_generator.errors import BuildError
from esb_generator.output.files.source_files import SourceFile
from esb_generator.output.service_images import service_contexts as contexts
from esb_generator.output.service_images.service_contexts import CONSTRAINTS, runtime_files, service_contexts


def members(file: SourceFile) -> dict[str, bytes]:
    """The files of an archive."""
    assert isinstance(file.content, bytes)
    with tarfile.open(fileobj=io.BytesIO(file.content)) as archive:
        return {member.name: opened.read() for member in archive if (opened := archive.extractfile(member)) is not None}


@pytest.mark.parametrize("service", ["gateway", "provisioner"])
def test_a_service_is_built_from_its_own_folder_alone(service: str) -> None:
    files = service_contexts(runtime_files())[service]
    packages = {
        "gateway": ("esb_schemas", "esb_wire", "esb_gateway"),
        "provisioner": ("esb_schemas", "esb_provisioner"),
    }
    archives = [f"{name}.tar" for name in packages[service]]
    by_path = {file.path: file for file in files}
    dockerfile = by_path["Dockerfile"].content
    assert isinstance(dockerfile, Path)
    paths = {path for archive in archives for path in members(by_path[archive])}

    assert sorted(by_path) == sorted(["Dockerfile", "constraints.txt", "pyproject.toml", "runtime.tar", *archives])
    assert len(by_path) == len(files)
    assert f"ADD {' '.join(archives)} ./\n" in dockerfile.read_text("utf-8")
    assert {f"esb_{service}/__main__.py", "esb_schemas/__init__.py"} <= paths
    assert {
        f"esb_schemas/json_schema/schema_files/{kind}.json" for kind in ("functions", "resources", "routing")
    } <= paths
    assert ("esb_wire/http/messages.py" in paths) is (service == "gateway")
    assert "sitecustomize.py" in members(by_path["runtime.tar"])
    assert not [path for path in paths if "__pycache__" in path or path.endswith("release.json")]


def test_an_archive_has_the_files_of_its_package(tmp_path: Path) -> None:
    package = tmp_path / "esb_example"
    (package / "inner/__pycache__").mkdir(parents=True)
    files = {"__init__.py": b"", "inner/code.py": b"x = 1\n", "inner/table.json": b"{}"}
    left_out = {".DS_Store", "Dockerfile", "inner/.code.py.swp", "inner/__pycache__/code.cpython-311.pyc", "old.pyc"}
    for name, content in (files | dict.fromkeys(left_out, b"?")).items():
        (package / name).write_bytes(content)
    first = contexts._code(package)
    contexts._code.cache_clear()
    touched = package / "inner/code.py"
    touched.touch()

    assert first.path == "esb_example.tar"
    assert members(first) == {f"esb_example/{name}": content for name, content in files.items()}
    assert contexts._code(package) == first

    contexts._code.cache_clear()
    touched.write_bytes(b"x = 2\n")
    assert contexts._code(package).digest != first.digest

    contexts._code.cache_clear()
    touched.write_bytes(files["inner/code.py"])
    touched.rename(package / "inner/other.py")
    assert contexts._code(package).digest != first.digest


def test_a_file_of_a_package_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere.py")

    with pytest.raises(BuildError, match=r"/gone\.py cannot be read: No such file or directory"):
        contexts._code(tmp_path)


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
