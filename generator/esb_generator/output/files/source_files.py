"""A file to be copied, with its digest; and the checks for device files, size and credentials."""

import fnmatch
import functools
import hashlib
import io
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from esb_generator.errors import BuildError
from esb_generator.project import special_kind
from esb_generator.settings.choices import MB

# Files of credentials. They are always left out, because everyone who has an image can read its files.
SECRET_FILES = (".env*", "esb.secrets.yml", "secrets.env")
_READ_WHOLE = 1024 * 1024  # bytes
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
    # The buffer that hashlib makes for a stream takes longer than hashing most files.
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
    """Raise BuildError for a device file, a socket or a FIFO: reading it may block or never end."""
    what = special_kind(path)
    if what is not None:
        raise BuildError(f"{path} is {what}, which a build never opens; remove it, or name another path")


def check_size(what: object, sizes: Iterable[tuple[str, int]], limit: int) -> None:
    """Raise BuildError, with the largest files, if the total size exceeds the limit."""
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


class FileCallbacks(NamedTuple):
    """Callbacks for a link, and for a file of credentials, which is left out."""

    on_link: Callable[[Path], object] = lambda _: None
    on_secret: Callable[[Path], object] = lambda _: None


@functools.cache
def any_of(patterns: tuple[str, ...]) -> Callable[[str], object]:
    """Whether a name matches one of the patterns, as `fnmatch` has them: true or false as a condition."""
    return re.compile("|".join(map(fnmatch.translate, patterns))).match


def is_secret_file(name: str) -> bool:
    """Whether a file of this name, without its folder, is one of credentials."""
    return bool(any_of(SECRET_FILES)(name))
