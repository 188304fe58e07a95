"""The build contexts of ESB's own services, taken from the distributions that are installed beside the generator.

A distribution is found, never imported: what runs in the stack is no part of the build.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from esb_generator.errors import BuildError
from esb_generator.output.source_files import LEFT_OUT, SourceFile, folder, in_memory, on_disk

# Each service with the packages of ours that it imports, beside those that all of them do.
SERVICES: Mapping[str, tuple[str, ...]] = {"gateway": ("esb_wire",), "provisioner": ()}
SCHEMAS = "esb-schemas"


def service_contexts(runtime: Iterable[SourceFile]) -> dict[str, tuple[SourceFile, ...]]:
    """By service, all that `docker build` needs: Dockerfile, dependencies, and the packages themselves.

    `runtime` are the `runtime_files`, which a service starts with too.
    """
    shared = tuple(_of_both(runtime))
    return {name: (*_of_service(name), *shared) for name in SERVICES}


def _of_service(name: str) -> Iterator[SourceFile]:
    package = _package(f"esb_{name}")
    yield on_disk("Dockerfile", next(p for p in _beside(package, "Dockerfile") if p.is_file()))
    imported = SERVICES[name]
    ours = (f"esb-{name}", SCHEMAS, *(each.replace("_", "-") for each in imported))
    yield in_memory("pyproject.toml", _pyproject(name, ours).encode())
    for each in (package, *map(_package, imported)):
        yield from _code(each)


def _of_both(runtime: Iterable[SourceFile]) -> Iterator[SourceFile]:
    yield from _code(_package("esb_schemas"))
    for file in runtime:
        yield file._replace(path=f"runtime/{file.path}")


def _code(package: Path) -> Iterator[SourceFile]:
    for file in folder(package, (*LEFT_OUT, "Dockerfile", "py.typed")):
        yield SourceFile(f"{package.name}/{file.path}", file.content, file.digest)


def runtime_files() -> Iterator[SourceFile]:
    """What every Python process of the stack starts with: sitecustomize.py and its modules, flat in one folder."""
    for path in sorted(_runtime_folder().glob("*.py")):
        yield on_disk(path.name, path)


def supervisor() -> SourceFile:
    """The entrypoint of a function's container."""
    return on_disk("supervisor", _runtime_folder() / "supervisor")


def _runtime_folder() -> Path:
    """Inside the package in a wheel, two folders above it in an editable install."""
    package = _package("esb_runtime")
    return next(folder for folder in (package / "files", package.parents[1]) if (folder / "sitecustomize.py").is_file())


def _beside(package: Path, name: str) -> tuple[Path, Path]:
    """Where a data file of a package lies: inside in a wheel, beside it in an editable install."""
    return package / name, package.parent / name


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise BuildError(f"the package {name} is not installed beside esb-generator; install esb-generator again")
    return Path(next(iter(spec.submodule_search_locations)))


def _pyproject(name: str, ours: Iterable[str]) -> str:
    metadata = {each: _metadata(each) for each in ours}
    wanted = (line for each in metadata.values() for line in _field(each, "Requires-Dist"))
    requirements = {line for line in wanted if "extra ==" not in line}
    foreign = sorted(line for line in requirements if _project(line) not in ours)
    (version,) = _field(metadata[f"esb-{name}"], "Version")
    return "\n".join(
        [
            "[project]",
            f'name = "esb-{name}-service"',
            f'version = "{version}"',
            'requires-python = ">=3.11"',
            "dependencies = [",
            *(f"    {json.dumps(line)}," for line in foreign),  # a JSON text is a TOML text
            "]",
            "",
        ]
    )


def _field(metadata: Iterable[str], name: str) -> list[str]:
    return [line.removeprefix(f"{name}: ") for line in metadata if line.startswith(f"{name}: ")]


def _metadata(distribution: str) -> list[str]:
    """The metadata of an installed distribution, line by line.

    importlib.metadata reads the same file, but as a mail: its import alone takes a tenth of a small build.
    """
    pattern = f"{distribution.replace('-', '_')}-*.dist-info/METADATA"
    for place in sys.path:
        for path in Path(place).glob(pattern):
            return path.read_text("utf-8").partition("\n\n")[0].splitlines()
    raise BuildError(f"the metadata of {distribution} is missing; install esb-generator again")


def _project(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return match[0] if match else ""
