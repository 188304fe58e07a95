"""The build contexts of ESB's own services, made from the distributions that are installed with the generator.

Their packages are located but never imported: they are not part of the build. Each is one archive, which the Dockerfile
unpacks: the packages of a stack have 600 files, and writing those took a third of a small build.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from esb_generator.errors import BuildError
from esb_generator.model import WebAdapter
from esb_generator.output.files.source_files import SourceFile, content_bytes, in_memory, on_disk
from esb_generator.output.files.tar_archive import tar_archive
from esb_generator.output.images.containers import NODE_GUARD, OWN_SERVICES
from esb_generator.output.service_images import distributions
from esb_generator.services.lambda_.layers import WEB_ADAPTER_FILE
from esb_schemas.backends import backends_json
from esb_schemas.release import FILE as RELEASE_FILE
from esb_schemas.release import NUMBER

CONSTRAINTS = Path(__file__).with_name("service_constraints.txt")  # made by `nox -s lock`
_CHUNK = 64 * 1024  # bytes; most modules are smaller
_OURS = "esb-"  # the prefix of ESB's distributions
_NOT_RUN = (
    "Dockerfile",
    "__pycache__",
    "py.typed",
    RELEASE_FILE,
)  # so that a tag only depends on code that runs

_USERS = """\
root:x:0:0:root:/root:/bin/bash
bin:x:1:1:bin:/bin:/sbin/nologin
daemon:x:2:2:daemon:/sbin:/sbin/nologin
nobody:x:65534:65534:nobody:/:/sbin/nologin
sbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin
"""


def service_contexts(
    runtime: Iterable[SourceFile], services: Iterable[str] = OWN_SERVICES
) -> dict[str, tuple[SourceFile, ...]]:
    """The files for `docker build` by service: Dockerfile, dependencies, and an archive of each package.

    `runtime` are the `runtime_files`, which every Python process of the stack loads, as another archive. Raises
    BuildError if a distribution is not installed.
    """
    shared = in_memory("runtime.tar", tar_archive((file.path, content_bytes(file)) for file in runtime))
    return {name: (*_service_context(name), shared) for name in services}


def _service_context(name: str) -> Iterator[SourceFile]:
    package = _package(f"esb_{name}")
    yield on_disk("Dockerfile", next(p for p in _beside(package, "Dockerfile") if p.is_file()))
    ours = _with_dependencies(f"{_OURS}{name}")
    yield in_memory("pyproject.toml", _pyproject(name, ours).encode())
    yield on_disk("constraints.txt", CONSTRAINTS)  # versions and hashes: the same context is the same image
    yield from (_code(_package(distribution.replace("-", "_"))) for distribution in ours)


def _with_dependencies(distribution: str) -> list[str]:
    """A distribution of ESB's, and those of ESB's that it requires, directly or not."""
    found = [distribution]
    for each in found:  # grows
        found += [
            name for name in map(_project, distributions.requires(each)) if name.startswith(_OURS) and name not in found
        ]
    return found


@functools.cache
def _code(package: Path) -> SourceFile:
    """The archive of a package. Cached: some packages are in several services, and none changes during a build."""
    return in_memory(f"{package.name}.tar", tar_archive(_package_files(str(package), package.name)))


def _package_files(folder: str, name: str) -> Iterator[tuple[str, bytes]]:
    """The files below a folder that run, in the order of the names. Raises BuildError."""
    try:
        with os.scandir(folder) as entries:
            found = sorted((entry for entry in entries if _runs(entry.name)), key=lambda entry: entry.name)
        for entry in found:
            if entry.is_dir():
                yield from _package_files(entry.path, f"{name}/{entry.name}")
            else:
                yield f"{name}/{entry.name}", _content(entry.path)
    except OSError as error:
        raise BuildError(f"{error.filename} cannot be read: {error.strerror}") from error


def _runs(name: str) -> bool:
    """Whether a file or folder is code that runs: not files of tools and editors, not the package's metadata."""
    return name not in _NOT_RUN and not name.startswith(".") and not name.endswith(".pyc")


def _content(path: str) -> bytes:
    """A file's content, with as few system calls as possible."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        content = os.read(descriptor, _CHUNK)
        if len(content) == _CHUNK:
            with open(descriptor, "rb", closefd=False) as stream:
                content += stream.read()
        return content
    finally:
        os.close(descriptor)


def runtime_files() -> Iterator[SourceFile]:
    """The files that every Python process of the stack loads: sitecustomize.py, its modules and their table."""
    yield in_memory("backends.json", backends_json().encode())
    for path in sorted(_runtime_folder().glob("*.py")):
        yield on_disk(path.name, path)


def node_files() -> tuple[SourceFile]:
    """The file that Node.js loads before a function's code."""
    return (on_disk(NODE_GUARD, _package("esb_gateway") / "execution/embedded/node_client" / NODE_GUARD),)


def build_files() -> tuple[SourceFile, SourceFile]:
    """The script that runs the commands of build stages, and the file for secrets that are not given."""
    return on_disk("build", _runtime_folder() / "build"), in_memory("no-build-secrets", b"")


def supervisor_files() -> tuple[SourceFile, SourceFile]:
    """The entrypoint of functions' containers, and the users of AWS's sandbox: without an entry for their user, some
    programs do not run (Node.js's `os.homedir()` fails).
    """
    return on_disk("supervisor", _runtime_folder() / "supervisor"), in_memory("passwd", _USERS.encode())


def web_adapter_files(adapter: WebAdapter) -> tuple[SourceFile, ...]:
    """The files of the Lambda Web Adapter's layer; from an image, the function's Dockerfile copies the program."""
    bootstrap = on_disk("bootstrap", _runtime_folder() / "web-adapter-bootstrap")._replace(executable=True)
    if adapter.program is None:
        return (bootstrap,)
    return bootstrap, on_disk(WEB_ADAPTER_FILE, Path(adapter.program))._replace(executable=True)


def _runtime_folder() -> Path:
    """The folder runtime/: inside the package in a wheel, two folders above it in an editable install."""
    package = _package("esb_runtime")
    return next(folder for folder in (package / "files", package.parents[1]) if (folder / "sitecustomize.py").is_file())


def _beside(package: Path, name: str) -> tuple[Path, Path]:
    """The possible places of a package's data file: inside it in a wheel, beside it in an editable install."""
    return package / name, package.parent / name


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise BuildError(f"the package {name} is not installed; install edge-serverless-box again")
    return Path(next(iter(spec.submodule_search_locations)))


def _pyproject(name: str, ours: Sequence[str]) -> str:
    """The project file that a service's image is built from: the dependencies of all its packages."""
    foreign = sorted({line for each in ours for line in distributions.requires(each) if not line.startswith(_OURS)})
    return "\n".join(
        [
            "[project]",
            f'name = "esb-{name}-service"',
            f'version = "{NUMBER}"',
            'requires-python = ">=3.11"',
            "dependencies = [",
            *(f"    {json.dumps(line)}," for line in foreign),  # a JSON text is a TOML text
            "]",
            "",
        ]
    )


def _project(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return match[0] if match else ""
