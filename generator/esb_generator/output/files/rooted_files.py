"""Files below a folder, whose paths cannot lead outside of it.

The assumed attacker made the checkout in which esb runs. Everything below the folder may be theirs: links instead of
folders and files, FIFOs, a manifest with any path. They run no code as the user. Still, a name that becomes a link
while esb runs is not followed, either.

Each folder is opened by its name in the descriptor of the folder around it, without following a link, and files are
created, read, replaced and removed by their names in these descriptors. A link in the way is an error that names it.
Only the path of the root itself is followed: it is the user's.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import io
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, TypeVar

from esb_generator.errors import BuildError
from esb_generator.output.files.source_files import stream_digest

_T = TypeVar("_T")
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # a FIFO does not block it
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MAX_DEPTH: Final = 200  # folders inside each other; each has a descriptor
_CHUNK: Final = 256 * 1024  # bytes
_TEMPORARY: Final = ".tmp-"  # begins the names of temporary folders
_NO_NAMES: Final = ("", ".", "..")
_NEW: Final = "new"  # in a temporary folder: the file that is to be moved


def is_below(path: str) -> bool:
    """Whether a path, with forward slashes, is relative and normal, so that it names something below a folder."""
    try:
        is_name = b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False
    return is_name and all(part not in _NO_NAMES for part in path.split("/"))


class Root:
    """A folder, which may not exist yet, and the files below it. Paths are relative, with forward slashes.

    With `follow`, the folder itself may be a link. The folders around the last path stay open, so sorted paths are the
    fastest. Every method raises BuildError for a link in the way, and for an error of the system.
    """

    def __init__(self, path: Path, *, follow: bool = True) -> None:
        self.path = path
        self._follow = follow
        self._is_locked = False
        self._levels: list[tuple[str, int]] = []  # open folders, each in the one before it: path and descriptor
        self._open_root()

    def __enter__(self) -> Root:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        while self._levels:
            self._close_innermost()

    # Finding and reading

    def find(self, path: str) -> os.stat_result | None:
        """The status of a file or folder; None if it does not exist, or if a file is in place of a folder around it."""
        folder, name = self._locate(path)
        return None if folder is None else self._status(path, folder, name)

    def files(self, folder: str) -> Iterator[str]:
        """The paths of everything below a folder that is not a folder itself."""
        pending = [folder]
        while pending:
            around = pending.pop()
            descriptor = self._folder(around)
            if descriptor is None:
                continue
            with self.reporting(around, "read"), os.scandir(descriptor) as entries:
                found = [(f"{around}/{entry.name}", entry.is_dir(follow_symlinks=False)) for entry in entries]
            pending += [path for path, is_folder in found if is_folder]
            yield from (path for path, is_folder in found if not is_folder)

    def read(self, path: str) -> bytes | None:
        """The content of a file; None if it does not exist."""
        return None if self.find(path) is None else self._from_file(path, io.FileIO.readall)

    def digest(self, path: str) -> str:
        """The SHA-256 of a file."""
        return self._from_file(path, stream_digest)

    def _from_file(self, path: str, get: Callable[[io.FileIO], _T]) -> _T:
        folder, name = self._locate(path)
        try:
            if folder is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            descriptor = os.open(name, _READ, dir_fd=folder)
            try:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise BuildError(f"{self.path / path} is not a regular file; delete it")
                with io.FileIO(descriptor, closefd=False) as stream:
                    return get(stream)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise BuildError(f"{self.path / path} cannot be read: {error.strerror}") from error

    # Writing

    def lock(self) -> None:
        """Acquire the lock of the folder until this root is closed; waits for other processes.

        Removes temporary folders of killed processes. Has no effect if the folder does not exist.
        """
        if not self._levels:
            return
        folder = self._levels[0][1]
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(folder, fcntl.LOCK_EX)
        self._is_locked = True
        with self.reporting("", "read"):
            left = [name for name in os.listdir(folder) if name.startswith(_TEMPORARY)]  # noqa: PTH208  (a descriptor)
        for name in left:
            _remove_temporary(name, folder)

    def create(self, path: str, content: bytes) -> bool:
        """Write a new file, and make the folders around it; False, and nothing is written, if the path exists."""
        folder, name = self._make_folders(path)
        with self.reporting(path, "written"):
            try:
                descriptor = os.open(name, _CREATE, 0o666, dir_fd=folder)
            except FileExistsError:
                return False
            with open(descriptor, "wb") as stream:  # noqa: PTH123  (a descriptor)
                stream.write(content)
        return True

    def remove(self, path: str) -> None:
        """Remove a file if it exists, and the folders around it that become empty."""
        folder, name = self._locate(path)
        if folder is None:
            return
        with self.reporting(path, "removed"), contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
        while len(self._levels) > 1:
            name = self._close_innermost().rpartition("/")[2]
            try:
                os.rmdir(name, dir_fd=self._levels[-1][1])
            except OSError:
                return  # something else is in it

    @contextlib.contextmanager
    def writing(self) -> Iterator[Writer]:
        """A writer, with a temporary folder. The root is made if it does not exist, and locked."""
        self._make_root()
        if not self._is_locked:
            self.lock()
        root = self._levels[0][1]
        temporary = f"{_TEMPORARY}{os.urandom(8).hex()}"
        with self.reporting("", "written"):
            os.mkdir(temporary, 0o700, dir_fd=root)
        try:
            with self.reporting(temporary, "written"):
                descriptor = os.open(temporary, _FOLDER, dir_fd=root)
            try:
                yield Writer(self, descriptor)
            finally:
                os.close(descriptor)
        finally:
            _remove_temporary(temporary, root)

    def move(self, temporary: int, path: str) -> None:
        """Move the new file of a temporary folder to a path; replaces a file or a folder without files."""
        folder, name = self._make_folders(path)
        with self.reporting(path, "written"):
            try:
                os.rename(_NEW, name, src_dir_fd=temporary, dst_dir_fd=folder)
            except IsADirectoryError:
                _remove_empty(name, folder)
                os.rename(_NEW, name, src_dir_fd=temporary, dst_dir_fd=folder)

    def link(self, temporary: int, name: str, path: str) -> bool:
        """Make a path a hard link to a file of a temporary folder; False if it exists, or cannot be a link."""
        folder, new = self._make_folders(path)
        try:
            os.link(name, new, src_dir_fd=temporary, dst_dir_fd=folder, follow_symlinks=False)
        except OSError:
            return False
        return True

    # Folders

    def _open_root(self) -> None:
        try:
            descriptor = os.open(self.path, _FOLDER & ~os.O_NOFOLLOW if self._follow else _FOLDER)
        except FileNotFoundError:
            return
        except OSError as error:
            if not self._follow and self.path.is_symlink():
                raise BuildError(
                    f"{self.path} is a link; if you made it, build with --output {self.path}, else delete it"
                ) from error
            raise BuildError(f"{self.path} cannot be opened: {error.strerror}") from error
        self._levels.append(("", descriptor))

    def _locate(self, path: str) -> tuple[int | None, str]:
        """The descriptor of the folder around a path, if it exists, and the name in it."""
        folder, _, name = path.rpartition("/")
        return self._folder(folder), self._checked("" if path.startswith("/") else name, path)

    def _make_root(self) -> None:
        if not self._levels:
            with self.reporting("", "written"):
                self.path.mkdir(parents=True, exist_ok=True)
            self._open_root()

    def _make_folders(self, path: str) -> tuple[int, str]:
        """The descriptor of the folder around a path, which is made if it does not exist, and the name in it."""
        self._make_root()
        folder, name = self._locate(path)
        if folder is None:
            names = path.split("/")
            open_levels = len(self._levels)  # the root is one of them, so this is the depth of the first folder to make
            for around in ("/".join(names[:count]) for count in range(open_levels, len(names))):
                outer, new = self._locate(around)
                if outer is not None:
                    with self.reporting(around, "written"), contextlib.suppress(FileExistsError):
                        os.mkdir(new, dir_fd=outer)
            folder, name = self._locate(path)
        if folder is None:
            raise BuildError(f"{self.path / path} cannot be written: a file is in place of a folder")
        return folder, name

    def _folder(self, path: str) -> int | None:
        """The descriptor of a folder, opened level by level; None if it does not exist, or a file is in its place."""
        while self._levels and not _is_around(self._levels[-1][0], path):
            self._close_innermost()
        while self._levels:
            around, descriptor = self._levels[-1]
            if around == path:
                return descriptor
            name = self._checked(path[len(around) + bool(around) :].partition("/")[0], path)
            inner = f"{around}/{name}" if around else name
            if len(self._levels) > _MAX_DEPTH:
                raise BuildError(f"{self.path / inner} is more than {_MAX_DEPTH} folders deep; delete it")
            try:
                self._levels.append((inner, os.open(name, _FOLDER, dir_fd=descriptor)))
            except FileNotFoundError:
                return None
            except OSError:
                status = self._status(inner, descriptor, name)  # raises for a link
                if status is None or not stat.S_ISDIR(status.st_mode):
                    return None
                with self.reporting(inner, "read"):
                    raise
        return None

    def _checked(self, name: str, path: str) -> str:
        if name in _NO_NAMES:
            raise BuildError(f"{path!r} does not lead below {self.path}")
        return name

    def _close_innermost(self) -> str:
        path, descriptor = self._levels.pop()
        os.close(descriptor)
        return path

    def _status(self, path: str, folder: int, name: str) -> os.stat_result | None:
        try:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BuildError(f"{self.path / path} cannot be read: {error.strerror}") from error
        if stat.S_ISLNK(status.st_mode):
            raise BuildError(f"{self.path / path} is a link; esb follows no links below {self.path}, so delete it")
        return status

    @contextlib.contextmanager
    def reporting(self, path: str, done: str) -> Iterator[None]:
        """Turn an OSError into a BuildError that says that the path cannot be `done`, such as `read`."""
        try:
            yield
        except OSError as error:
            raise BuildError(f"{self.path / path} cannot be {done}: {error.strerror}") from error


class Writer:
    """Replaces files below a root, each in one step: a process that is killed leaves the old one or the new one."""

    def __init__(self, root: Root, temporary: int) -> None:
        self._root = root
        self._temporary = temporary
        self._filled: set[str] = set()  # keys of shared files

    def replace(self, path: str, content: bytes | Path, mode: int = 0o644) -> None:
        """Write a file; `content` is the path of another one, or bytes."""
        with self._root.reporting(path, "written"):
            self._fill(_NEW, content, mode)
        self._root.move(self._temporary, path)

    def replace_shared(self, path: str, key: str, content: bytes | Path, mode: int = 0o644) -> None:
        """Write a file as a hard link to those of the same key: twenty of them take as long as one file."""
        if key not in self._filled:
            with self._root.reporting(path, "written"):
                self._fill(key, content, mode)
            self._filled.add(key)
        if self._root.link(self._temporary, key, path):
            return
        with self._root.reporting(path, "written"):
            try:
                os.link(key, _NEW, src_dir_fd=self._temporary, dst_dir_fd=self._temporary, follow_symlinks=False)
            except OSError:  # a file system without links, or one file has too many
                self._fill(_NEW, content, mode)
        self._root.move(self._temporary, path)

    def _fill(self, name: str, content: bytes | Path, mode: int) -> None:
        descriptor = os.open(name, _CREATE, mode, dir_fd=self._temporary)
        with open(descriptor, "wb") as stream:  # noqa: PTH123  (a descriptor)
            os.fchmod(descriptor, mode)
            if isinstance(content, bytes):
                stream.write(content)
                return
            with _opened(content) as source:
                while chunk := source.read(_CHUNK):
                    stream.write(chunk)


def _is_around(folder: str, path: str) -> bool:
    return folder in ("", path) or path.startswith(f"{folder}/")


def _opened(source: Path) -> io.FileIO:
    try:
        return source.open("rb", buffering=0)
    except OSError as error:
        raise BuildError(f"{source} cannot be read: {error.strerror}") from error


def _remove_temporary(name: str, root: int) -> None:
    """Best effort; a temporary folder has nothing but files."""
    with contextlib.suppress(OSError):
        descriptor = os.open(name, _FOLDER, dir_fd=root)
        try:
            for inside in os.listdir(descriptor):  # noqa: PTH208
                os.unlink(inside, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        os.rmdir(name, dir_fd=root)


def _remove_empty(name: str, folder: int) -> None:
    """Remove a folder in which there are only folders. Raises OSError if there is anything else."""
    descriptor = os.open(name, _FOLDER, dir_fd=folder)
    try:
        for inside in os.listdir(descriptor):  # noqa: PTH208
            _remove_empty(inside, descriptor)
    finally:
        os.close(descriptor)
    os.rmdir(name, dir_fd=folder)
