"""Go modules and Cargo workspaces around a function's code: its package is then a folder of the project.

`go` and `cargo` also look for manifests in parent folders, and `sam build` runs them in the folder of CodeUri.
https://go.dev/ref/mod#go-mod-file, https://doc.rust-lang.org/cargo/reference/workspaces.html
"""

import os.path
import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from esb_generator.model import Application, FolderCode, Function
from esb_generator.output.build_methods.methods import go, rust
from esb_generator.project import Project
from esb_schemas.lazy_pattern import LazyPattern

_WORKSPACE: Final = LazyPattern(r"^\s*\[workspace[\].]", re.MULTILINE)
_OTHER_BUILDS: Final = ("Makefile", "bootstrap")  # if a custom runtime has one, it is built with that


class _Language(NamedTuple):
    """`needs` is whether the code in a folder needs a project around it, `encloses` whether a folder has one."""

    method: str
    needs: Callable[[Path], bool]
    encloses: Callable[[Path], bool]


def in_enclosing_projects(application: Application, base: Path, project: Project) -> Application:
    """The application in which the code of such functions is the whole module or workspace. Reads the disk.

    Paths of code are relative to `base`. Nothing outside the project is read.
    """
    functions = tuple(_in_enclosing_project(function, base, project) for function in application.functions)
    return application._replace(functions=functions)


def _in_enclosing_project(function: Function, base: Path, project: Project) -> Function:
    if not isinstance(function.code, FolderCode):
        return function
    path = posixpath.normpath(function.code.path)
    languages = list(_languages(function, base / path))
    if not languages or not (base / function.code.path).is_dir():
        return function
    language = next((each for each in languages if each.needs(base / path)), None)
    if language is None:
        return function
    around = next((each for each in _above(path, base, project) if language.encloses(base / each)), None)
    if around is None:
        return function
    build = function.build._replace(method=language.method, package=posixpath.relpath(path, around))
    return function._replace(code=FolderCode(around), build=build)


def _languages(function: Function, folder: Path) -> Iterator[_Language]:
    """The languages that the table of build methods allows for the function."""
    runtime, method = function.entry.runtime or "", function.build.method
    if method is None and runtime == _GO.method:
        yield _GO
    elif method is None and runtime.startswith("provided"):
        yield from () if any((folder / name).exists() for name in _OTHER_BUILDS) else (_GO, _RUST)
    else:
        yield from (each for each in (_GO, _RUST) if each.method == method)


def _above(path: str, base: Path, project: Project) -> Iterator[str]:
    while True:
        path = posixpath.normpath(posixpath.join(path, ".."))
        if not project.has(base / path) or os.path.realpath(base / path) == os.sep:
            return
        yield path


def _has_workspace(folder: Path) -> bool:
    try:
        return _WORKSPACE.search((folder / rust.MANIFEST).read_text("utf-8", "replace")) is not None
    except OSError:
        return False


_GO: Final = _Language(
    "go1.x",
    lambda folder: not (folder / go.MODULE).exists() and any(folder.glob("*.go")),
    lambda folder: (folder / go.MODULE).is_file(),
)
_RUST: Final = _Language(
    "rust-cargolambda",
    lambda folder: (folder / rust.MANIFEST).is_file() and not _has_workspace(folder),
    _has_workspace,
)
