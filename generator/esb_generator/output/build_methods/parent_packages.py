"""ParentPackageMode: a function's code becomes a package inside other packages.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-using-build.html
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from esb_generator.errors import BuildError
from esb_generator.model import FolderCode, Function
from esb_generator.output.build_methods.methods.python import LOCK, PROJECT
from esb_generator.output.build_methods.pip_requirements import read_requirements
from esb_generator.output.files.source_files import SourceFile, content_of


def in_parent_packages(function: Function, files: Sequence[SourceFile]) -> Iterator[SourceFile]:
    """The files in the folder of the parent packages; files for pip and uv stay at the top, as these require."""
    packages = parent_packages(function)
    if not packages:
        yield from files
        return
    by_path = {file.path: file for file in files}
    found = read_requirements(lambda name: content_of(by_path.get(name)))
    manifests = {PROJECT, LOCK, *(found.files if found else ())}
    for file in files:
        if file.path in manifests or (found and found.local):
            yield file
        if file.path not in manifests:
            yield file._replace(path=posixpath.join(*packages, file.path))


def parent_packages(function: Function) -> tuple[str, ...]:
    """The packages that a function's code lies in; none without ParentPackageMode.

    `auto`: the end of the code's path that is the beginning of the handler, such as a.b for the handler a.b.app.f of
    the folder src/a/b. Raises BuildError for properties that are wrong.
    """
    properties = function.build.properties
    if not (function.entry.runtime or "").startswith("python") or not isinstance(function.code, FolderCode):
        return ()
    match properties.get("ParentPackageMode"):
        case None:
            return ()
        case "explicit":
            return _explicit(properties.get("ParentPackages"))
        case "auto":
            return _shared((function.entry.handler or "").replace("/", ".").split(".")[:-2], function.code.path)
        case other:
            raise BuildError(f"ParentPackageMode {other} is unknown; it is auto or explicit")


def _explicit(names: object) -> tuple[str, ...]:
    parts = tuple(names.split(".")) if isinstance(names, str) else ()
    if not parts or not all(part.isidentifier() for part in parts):
        raise BuildError("ParentPackageMode explicit needs ParentPackages, such as shop.orders")
    return parts


def _shared(packages: list[str], path: str) -> tuple[str, ...]:
    folders = [part for part in posixpath.normpath(path).split("/") if part not in (".", "..")]
    longest = min(len(folders), len(packages))
    size = next((n for n in range(longest, 0, -1) if folders[-n:] == packages[:n]), 0)
    return tuple(packages[:size])
