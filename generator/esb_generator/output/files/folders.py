"""Reads folders as lists of files, each with a digest."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from esb_generator.errors import BuildError
from esb_generator.output.files.source_files import (
    FileCallbacks,
    SourceFile,
    any_of,
    check_not_special,
    check_size,
    is_secret_file,
    on_disk,
)
from esb_generator.settings.choices import UNZIPPED_LIMIT

# Never part of a function's code: folders of version control, editors, tools and other builds.
IGNORED = (
    ".aws-sam",
    ".DS_Store",
    ".esb",
    ".git",
    ".hg",
    ".idea",
    ".mypy_cache",
    ".nox",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pycache__",
    "*.pyc",
)
VIRTUAL_ENVIRONMENT = "pyvenv.cfg"  # at the top of one, https://docs.python.org/3/library/venv.html


def folder(
    root: Path,
    ignored: tuple[str, ...] = IGNORED,
    *,
    skip: Collection[str] = (),
    limit: int = UNZIPPED_LIMIT,
    found: FileCallbacks = FileCallbacks(),  # noqa: B008 - frozen
) -> Iterator[SourceFile]:
    """Every file below a folder, in the order of the names.

    Links are followed, but never into a folder around them; a dangling link is left out. `ignored` are patterns of
    names, `skip` resolved paths of files and folders. Files of credentials and virtual environments (a folder with a
    pyvenv.cfg) are ignored too, and node_modules beside a package.json: dependencies are installed when the image is
    built, for its platform. Raises BuildError for a file that cannot be read or is not a file (a socket), for a name
    that is not UTF-8, and for more than `limit` bytes, before any file is opened.
    """
    walk = _Walk(ignored, skip, found)
    files = list(walk.below(_Folder(str(root), "", os.path.realpath(root), ())))
    check_size(root, ((name, _size(path)) for name, path in files), limit)
    for name, path in files:
        yield on_disk(name, path)


class _Folder(NamedTuple):
    """A folder of a walk. `prefix` begins the names of its files, `real` is its path after all links, and `above` has
    those of the folders around it.
    """

    path: str
    prefix: str
    real: str
    above: tuple[str, ...]


class _Walk(NamedTuple):
    """The arguments of `folder`, for each folder below its root."""

    ignored: tuple[str, ...]
    skip: Collection[str]
    found: FileCallbacks

    def below(self, here: _Folder) -> Iterator[tuple[str, Path]]:
        """The name and the path of each file; nothing is opened."""
        if here.real in here.above or here.real in self.skip:
            return
        entries = _entries(here.path)
        names = {entry.name for entry in entries}
        if here.prefix and VIRTUAL_ENVIRONMENT in names:
            return
        is_ignored = any_of((*self.ignored, "node_modules") if "package.json" in names else self.ignored)
        for entry in entries:
            if is_ignored(entry.name):
                continue
            _check_name(entry)
            if is_secret_file(entry.name) and not entry.is_dir(follow_symlinks=False):
                self._report_secret(here, entry)
            else:
                yield from self._files_of(here, entry)

    def _files_of(self, here: _Folder, entry: os.DirEntry[str]) -> Iterator[tuple[str, Path]]:
        """The file, or the files of the folder. Raises BuildError for an entry that is neither."""
        name, path, inside = here.prefix + entry.name, Path(entry.path), f"{here.real}{os.sep}{entry.name}"
        is_link = entry.is_symlink()
        if is_link:
            self.found.on_link(path)
        if path.is_dir() if is_link else entry.is_dir(follow_symlinks=False):
            real = str(path.resolve()) if is_link else inside
            yield from self.below(_Folder(entry.path, f"{name}/", real, (*here.above, here.real)))
        elif (path.is_file() if is_link else entry.is_file(follow_symlinks=False)) and inside not in self.skip:
            yield name, path
        else:
            check_not_special(path)

    def _report_secret(self, here: _Folder, entry: os.DirEntry[str]) -> None:
        if f"{here.real}{os.sep}{entry.name}" not in self.skip:
            self.found.on_secret(Path(entry.path))


def _check_name(entry: os.DirEntry[str]) -> None:
    """Raise BuildError for a name that the generated files cannot have."""
    try:
        entry.name.encode()
    except UnicodeEncodeError:
        raise BuildError(f"the name of the file {entry.path!r} is not UTF-8; rename it") from None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise BuildError(f"{path} cannot be read: {error.strerror}") from error


def _entries(path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise BuildError(f"{path} cannot be read: {error.strerror}") from error
