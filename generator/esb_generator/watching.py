"""`esb build --watch`: what a build reads, and when it has changed.

Files are told apart by modification time, inode and size, from look to look: that works on every file system, mounted
ones too. A look takes about 3 µs a file; with very many of them there are fewer looks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias, assert_never

from esb_generator.errors import BuildError
from esb_generator.model import Application, ArchiveCode, Code, FolderCode, ImageCode, InlineCode
from esb_generator.output.source_files import LEFT_OUT
from esb_generator.output.sources import COMPOSE_FILE
from esb_generator.pipeline import TEMPLATES, Request, settle
from esb_generator.sam import samconfig

LOOK: Final = 0.2  # seconds from look to look
SETTLED: Final = 0.1  # seconds that a change has to stand still
_SHARE: Final = 100  # a look is followed by a pause at least so many times as long

Stamps: TypeAlias = Mapping[Path, frozenset[tuple[str, object]]]


@dataclass(slots=True)
class Watch:
    """What the builds of one request read. `sleep` and `clock` are in seconds.

    `application` is that of the last build that succeeded, `documents` are what the last build read besides code.
    """

    request: Request
    sleep: Callable[[float], object]
    clock: Callable[[], float]
    application: Application | None = None
    documents: set[Path] = field(default_factory=set)

    def follow(self, build: Callable[[], Application | None]) -> None:
        """Build, and once more after each change; ends when `sleep` or `build` raises. `build` gives what it read."""
        while True:
            before = self._look(self._roots())
            self.documents.clear()
            self.application = build() or self.application
            now = self._look(self._roots())
            self._until_changed({**now, **{root: before[root] for root in now.keys() & before.keys()}})

    def _until_changed(self, known: Stamps) -> None:
        roots = set(known)
        while True:
            began = self.clock()
            now = self._look(roots)
            if now != known:
                break
            self.sleep(max(LOOK, _SHARE * (self.clock() - began)))
        while True:
            self.sleep(SETTLED)
            before, now = now, self._look(roots)
            if now == before:
                return

    def _roots(self) -> set[Path]:
        return {*_files(self.request), *_code(self.request, self.application), *self.documents}

    def _look(self, roots: set[Path]) -> Stamps:
        output = (self.request.here / self.request.output).resolve()
        made_here = {str(output), str(output.with_name(COMPOSE_FILE))}
        return {root: frozenset(_stamps(str(root), made_here)) for root in roots}


def _files(request: Request) -> Iterator[Path]:
    """Those that say what is built, whether they are there or not."""
    folders = {request.here, *((request.here / name).parent for name in request.templates[:1])}
    yield from (folder / name for folder in folders for name in samconfig.FILE_NAMES)
    named = (*(request.templates or TEMPLATES), request.config_file, request.values_file)
    yield from (request.here / name for name in named if name is not None)
    try:
        settings = settle(request)
    except BuildError:
        return
    yield from (*settings.templates, settings.values_file)


def _code(request: Request, application: Application | None) -> Iterator[Path]:
    if application is None:
        return
    try:
        base = settle(request).base
    except BuildError:
        return
    contents = [function.code for function in application.functions] + [each.content for each in application.layers]
    yield from (base / path for path in map(_path, contents) if path is not None)


def _path(content: Code) -> str | None:
    match content:
        case FolderCode(path) | ArchiveCode(path):
            return path
        case ImageCode(context=context):
            return context
        case InlineCode():
            return None
        case _:
            assert_never(content)


def _stamps(root: str, made_here: set[str]) -> Iterator[tuple[str, object]]:
    """Of the file, or of every file below the folder that can belong to a function; links are followed, once."""
    if not os.path.isdir(root):  # noqa: PTH112 - these are thousands, and a Path for each takes most of the time
        yield root, _stamp(root)
    left, seen = [os.path.realpath(root)], set(made_here)
    while left:
        folder = left.pop()
        if folder in seen:
            continue
        seen.add(folder)
        for entry in _entries(folder):
            if entry.name in LEFT_OUT or entry.name.endswith(".pyc") or entry.path in made_here:
                continue
            if entry.is_dir():
                left.append(os.path.realpath(entry.path) if entry.is_symlink() else entry.path)
            else:
                yield entry.path, _stamp(entry.path)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """None for a file, and for what is gone."""
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
