"""`esb build --watch`: builds again when a file that the last build read has changed.

Files are polled and compared by modification time, inode and size, which works on every file system, including mounts.
A poll takes about 3 µs per file; with very many files, polls are less frequent.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias, assert_never

from esb_generator.cdk.assembly import APP
from esb_generator.errors import BuildError
from esb_generator.model import Application, ArchiveCode, Code, FolderCode, ImageCode, InlineCode, WebAdapter
from esb_generator.output.compose.file_names import PROJECT_FILE
from esb_generator.output.files.folders import IGNORED
from esb_generator.settings import samconfig
from esb_generator.settings.build_settings import resolve_settings
from esb_generator.settings.request import Request
from esb_generator.settings.templates import TEMPLATES
from esb_schemas.settings_files.site_settings import SITE_FILE

POLL_INTERVAL: Final = 0.2  # seconds
DEBOUNCE: Final = 0.1  # seconds without a further change before a build
_PAUSE_RATIO: Final = 100  # of the pause after a poll to the time of the poll, at least

Stamps: TypeAlias = Mapping[Path, frozenset[tuple[str, object]]]


class Watch:
    """The files that the builds of a request read. `sleep` and `clock` are in seconds."""

    def __init__(self, request: Request, sleep: Callable[[float], object], clock: Callable[[], float]) -> None:
        self.request = request
        self.sleep = sleep
        self.clock = clock
        self.application: Application | None = None  # of the last build that succeeded
        self.documents: set[Path] = set()  # files other than code that the last build read

    def follow(self, build: Callable[[], Application | None]) -> None:
        """Build now and after each change, until `sleep` or `build` raises. `build` returns the application it read."""
        while True:
            before = self._poll(self._roots())
            self.documents.clear()
            self.application = build() or self.application
            now = self._poll(self._roots())
            self._until_changed({**now, **{root: before[root] for root in now.keys() & before.keys()}})

    def _until_changed(self, known: Stamps) -> None:
        roots = set(known)
        began = self.clock()
        while (now := self._poll(roots)) == known:
            self.sleep(max(POLL_INTERVAL, _PAUSE_RATIO * (self.clock() - began)))
            began = self.clock()
        self._debounce(now)

    def _debounce(self, now: Stamps) -> None:
        """Wait until two polls find the same: an editor or a checkout may still be writing."""
        before: Stamps | None = None
        while now != before:
            self.sleep(DEBOUNCE)
            before, now = now, self._poll(set(now))

    def _roots(self) -> set[Path]:
        return {*_files(self.request), *_code(self.request, self.application), *self.documents}

    def _poll(self, roots: set[Path]) -> Stamps:
        output = (self.request.here / self.request.output).resolve()
        generated_paths = {str(output), str(output.with_name(PROJECT_FILE)), str(output.with_name(SITE_FILE))}
        return {root: frozenset(_stamps(str(root), generated_paths)) for root in roots}


def _files(request: Request) -> Iterator[Path]:
    """Templates and files of settings, whether they exist or not."""
    folders = {request.here, *((request.here / name).parent for name in request.templates[:1])}
    yield from (folder / name for folder in folders for name in samconfig.FILE_NAMES)
    named = (*(request.templates or (*TEMPLATES, APP)), request.config_file, request.values_file, request.env_vars)
    yield from (request.here / name for name in named if name is not None)
    try:
        settings = resolve_settings(request)
    except BuildError:
        return
    yield from (*settings.templates, settings.values_file)


def _code(request: Request, application: Application | None) -> Iterator[Path]:
    if application is None:
        return
    try:
        base = resolve_settings(request).base
    except BuildError:
        return
    contents = [function.code for function in application.functions] + [each.content for each in application.layers]
    yield from (base / path for path in map(_path, contents) if path is not None)
    entries = (entry for section in application.resources.values() for entry in section)
    yield from (base / entry.seed for entry in entries if entry.seed is not None)


def _path(content: Code) -> str | None:
    match content:
        case FolderCode(path) | ArchiveCode(path):
            return path
        case ImageCode(context=context):
            return context
        case WebAdapter(program=program):
            return program
        case InlineCode():
            return None
        case _:
            assert_never(content)


def _stamps(root: str, generated_paths: set[str]) -> Iterator[tuple[str, object]]:
    """The stamp of a file, or of every file below a folder that is not ignored; links are followed once."""
    if not os.path.isdir(root):  # noqa: PTH112 - of thousands of files; a Path for each would take most of the time
        yield root, _stamp(root)
    pending, seen = [os.path.realpath(root)], set(generated_paths)
    while pending:
        folder = pending.pop()
        if folder in seen:
            continue
        seen.add(folder)
        for entry in _entries(folder):
            if entry.name in IGNORED or entry.name.endswith(".pyc") or entry.path in generated_paths:
                continue
            if entry.is_dir():
                pending.append(os.path.realpath(entry.path) if entry.is_symlink() else entry.path)
            else:
                yield entry.path, _stamp(entry.path)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """The entries of a folder; none if it is a file or is gone."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _stamp(path: str) -> object:
    try:
        found = os.stat(path)  # noqa: PTH116 - as above
    except OSError:
        return None
    return found.st_mode, found.st_mtime_ns, found.st_ino, found.st_size
