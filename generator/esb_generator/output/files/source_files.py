"""Reads folders and archives as lists of files, each with a digest."""

import fnmatch
import functools
import hashlib
import io
import os
import posixpath
import re
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from esb_generator.errors import BuildError
from esb_generator.project import special_kind
from esb_generator.settings.choices import MB, UNZIPPED_LIMIT

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
# Files of credentials. They are left out everywhere: whoever has an image has all of its files.
SECRET_FILES = (".env*", "esb.secrets.yml", "secrets.env")
_READ_WHOLE = 1024 * 1024
IMAGE_LIMIT = 10 * 1024 * MB  # AWS's, as UNZIPPED_LIMIT


class SourceFile(NamedTuple):
    """A file to be copied. `path` is relative, with forward slashes; `content` its bytes or a file with them."""

    path: str
    content: bytes | Path
    digest: str
    executable: bool = False
    size: int = 0  # bytes


def in_memory(name: str, content: bytes, *, executable: bool = False) -> SourceFile:
    return SourceFile(name, content, hashlib.sha256(content).hexdigest(), executable, len(content))


def on_disk(name: str, path: Path) -> SourceFile:
    """A file whose content stays where it is. Raises BuildError if it cannot be read."""
    digest, size = _read(path)
    return SourceFile(name, path, digest, executable=os.access(path, os.X_OK), size=size)


def _read(path: Path) -> tuple[str, int]:
    try:
        with path.open("rb", buffering=0) as stream:
            return stream_digest(stream), os.fstat(stream.fileno()).st_size
    except OSError as error:
        raise BuildError(f"{path} cannot be read: {error.strerror}") from error


def stream_digest(stream: io.FileIO) -> str:
    """The SHA-256 of an open file."""
    # The buffer that hashlib makes for a stream costs more than most files.
    if os.fstat(stream.fileno()).st_size <= _READ_WHOLE:
        return hashlib.sha256(stream.read()).hexdigest()
    return hashlib.file_digest(stream, "sha256").hexdigest()


def content_of(file: SourceFile | None) -> str | None:
    """A file's text, None for no file. Raises BuildError if it cannot be read."""
    return None if file is None else content_bytes(file).decode("utf-8", "replace")


def content_bytes(file: SourceFile) -> bytes:
    """A file's content. Raises BuildError if it cannot be read."""
    try:
        return file.content if isinstance(file.content, bytes) else file.content.read_bytes()
    except OSError as error:
        raise BuildError(f"{file.content!s} cannot be read: {error.strerror}") from error


def check_not_special(path: Path) -> None:
    """Raise BuildError for a device file, a socket or a FIFO, which may block or never end if it is opened."""
    what = special_kind(path)
    if what is not None:
        raise BuildError(f"{path} is {what}, which a build never opens; remove it, or name another path")


def check_size(what: object, sizes: Iterable[tuple[str, int]], limit: int) -> None:
    """Raise BuildError, with the largest files, if the sizes by path are more than the limit together."""
    found = sorted(sizes, key=lambda each: (-each[1], each[0]))
    total = sum(size for _, size in found)
    if total > limit:
        largest = ", ".join(f"{path} ({_megabytes(size)})" for path, size in found[:3])
        raise BuildError(
            f"{what} holds {_megabytes(total)} unzipped, more than {_megabytes(limit)}; Lambda's limit is 250 MB; the"
            f" largest files are {largest}; make it smaller, or raise --max-code-size"
        )


def _megabytes(size: int) -> str:
    return f"{-(-size // MB)} MB"


class Found(NamedTuple):
    """Callbacks for a link, and for a file of credentials, which is left out."""

    on_link: Callable[[Path], object] = lambda _: None
    on_secret: Callable[[Path], object] = lambda _: None


def folder(
    root: Path,
    ignored: tuple[str, ...] = IGNORED,
    *,
    skip: Collection[str] = (),
    limit: int = UNZIPPED_LIMIT,
    found: Found = Found(),  # noqa: B008 - frozen
) -> Iterator[SourceFile]:
    """Every file below a folder, in the order of the names.

    Links are followed, but never into a folder around them; one that leads nowhere is left out. `ignored` are patterns
    of names, `skip` resolved paths of files and folders. Files of credentials and virtual environments (a folder with a
    pyvenv.cfg) are ignored too, and node_modules beside a package.json: dependencies are installed when the image is
    built, for its platform. Raises BuildError for a file that cannot be read or is none (a
    socket), for a name that is not UTF-8, and for more than `limit` bytes, before any file is opened.
    """

    def below(current: str, prefix: str, real: str, above: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
        if real in above or real in skip:
            return
        entries = _entries(current)
        if prefix and any(entry.name == VIRTUAL_ENVIRONMENT for entry in entries):
            return
        with_packages = any(entry.name == "package.json" for entry in entries)
        is_left_out = _any_of((*ignored, "node_modules") if with_packages else ignored)
        for entry in entries:
            if is_left_out(entry.name):
                continue
            _check_name(entry)
            path, inside = Path(entry.path), f"{real}{os.sep}{entry.name}"
            if is_secret_file(entry.name) and not entry.is_dir(follow_symlinks=False):
                if inside not in skip:
                    found.on_secret(path)
                continue
            is_link = entry.is_symlink()
            if is_link:
                found.on_link(path)
            if path.is_dir() if is_link else entry.is_dir(follow_symlinks=False):
                real_inside = str(path.resolve()) if is_link else inside
                yield from below(entry.path, f"{prefix}{entry.name}/", real_inside, (*above, real))
            elif (path.is_file() if is_link else entry.is_file(follow_symlinks=False)) and inside not in skip:
                yield prefix + entry.name, path
            else:
                check_not_special(path)

    files = list(below(str(root), "", os.path.realpath(root), ()))
    check_size(root, ((name, _size(path)) for name, path in files), limit)
    for name, path in files:
        yield on_disk(name, path)


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


@functools.cache
def _any_of(patterns: tuple[str, ...]) -> Callable[[str], object]:
    return re.compile("|".join(map(fnmatch.translate, patterns))).match


def is_secret_file(name: str) -> bool:
    """Whether a file of this name, without its folder, is one of credentials."""
    return bool(_any_of(SECRET_FILES)(name))


def archive(path: Path, limit: int = UNZIPPED_LIMIT, found: Found = Found()) -> Iterator[SourceFile]:  # noqa: B008
    """Every file of a zip archive, in the order of the names; a link becomes a copy of what it leads to.

    Files of credentials are left out.
    Raises BuildError for an archive that is broken or malicious.
    """
    import zipfile  # noqa: PLC0415 - with its compressions 3 % of a build without archives

    try:
        with zipfile.ZipFile(path) as opened:
            members = {_name(m.filename, path): m for m in opened.infolist() if not m.is_dir()}
            _check_tree(members, path)
            links = {
                name: opened.read(member).decode("utf-8", "replace")
                for name, member in members.items()
                if stat.S_ISLNK(member.external_attr >> 16)
            }
            files = {
                copy: members[source]
                for name in members
                for copy, source in _copies(name, _target(name, links, members, path), links, members, path)
            }
            check_size(path, ((name, member.file_size) for name, member in files.items()), limit)
            for name, member in sorted(files.items()):
                if is_secret_file(posixpath.basename(name)):
                    found.on_secret(path / name)
                    continue
                yield in_memory(name, opened.read(member), executable=bool(member.external_attr >> 16 & 0o111))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise BuildError(f"{path} is not a zip archive that can be read ({error}); build it again") from error


def _name(said: str, archive_path: Path) -> str:
    name = PurePosixPath(said)
    if name.is_absolute() or not name.parts or ".." in name.parts:
        raise BuildError(f"{archive_path} holds {said}, which would lie outside its folder; pack it again")
    return str(name)


def _check_tree(names: Collection[str], archive_path: Path) -> None:
    """Raise BuildError for a file, or a link, with a file below it."""
    for name in names:
        above = next((str(each) for each in PurePosixPath(name).parents if str(each) in names), None)
        if above is not None:
            what = f"{archive_path} holds {above}, which is not a folder, and {name} below it"
            raise BuildError(f"{what}; pack it again")


def _copies(
    name: str, target: str, links: Mapping[str, str], names: Collection[str], archive_path: Path
) -> Iterator[tuple[str, str]]:
    """The file itself, or those of the folder that a link leads to: the name of each, and the file with the content."""
    if target in names:
        yield name, target
        return
    for inside in names:
        if inside.startswith(f"{target}/"):
            found = _target(inside, links, names, archive_path)
            if found not in names:
                raise _bad_link(inside, links, archive_path)  # it may lead to a folder around it
            yield f"{name}{inside.removeprefix(target)}", found


def _target(name: str, links: Mapping[str, str], names: Collection[str], archive_path: Path) -> str:
    """The file or folder that a name leads to after all links. Raises BuildError for a link to anything else."""
    seen, at = {name}, name
    while at in links:
        at = posixpath.normpath(posixpath.join(posixpath.dirname(at), links[at]))
        is_folder = any(each.startswith(f"{at}/") for each in names)
        if at in seen or not (at in names or is_folder):
            raise _bad_link(name, links, archive_path)
        seen.add(at)
    return at


def _bad_link(name: str, links: Mapping[str, str], archive_path: Path) -> BuildError:
    what = f"{archive_path} holds the link {name} to {links[name]}, which is not a file of the archive"
    return BuildError(f"{what}; pack it again with files in place of links")
