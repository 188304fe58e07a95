"""Seed data: files beside resources.yml with the first items of a table, or objects of a bucket."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from esb_provisioner.servers.errors import ErrorKind, ServerError

ASPECT: Final = "Seed"


@dataclass(frozen=True)
class Seed:
    """A file of lines, or a folder; `records` is the number of its items or objects.

    It lies at `place` below the `folder` of resources.yml. Reading it raises ServerError. Links below that folder are
    never followed, and special files are never opened, because the folder may have come with a checkout.
    """

    folder: Path
    place: str
    records: int

    @property
    def path(self) -> Path:
        return self.folder / self.place

    def lines(self) -> Iterator[Mapping[str, Any]]:
        """The items, in DynamoDB JSON."""
        self._check_links()
        try:
            with open_regular(self.path) as file:
                for number, line in enumerate(file, 1):
                    yield self._item(line, number)
        except OSError as error:
            raise self._unreadable(error) from None

    def files(self) -> dict[str, Path]:
        """The files below the folder, by their path with forward slashes; links are not followed."""
        self._check_links()
        found = {}
        try:
            for folder, folders, names in os.walk(self.path, onerror=_raise):
                folders.sort()
                for name in sorted(names):
                    path = Path(folder, name)
                    if not path.is_file() or path.is_symlink():
                        raise ServerError(
                            ErrorKind.FAILED, "UnusableFile", f"{path} is a link or no file; it is not read"
                        )
                    found[path.relative_to(self.path).as_posix()] = path
        except OSError as error:
            raise self._unreadable(error) from None
        return found

    def _check_links(self) -> None:
        for path in (self.path, *self.path.parents):
            if path == self.folder:
                return
            if path.is_symlink():
                raise ServerError(ErrorKind.FAILED, "UnusableFile", f"{path} is a link, which is not followed")

    def _item(self, line: bytes, number: int) -> Mapping[str, Any]:
        try:
            item = json.loads(line)
        except (ValueError, RecursionError):
            item = None
        if not isinstance(item, dict):
            text = f"{self.path}:{number} is no item in DynamoDB JSON; run `esb build` again"
            raise ServerError(ErrorKind.FAILED, "UnusableFile", text)
        return item

    def _unreadable(self, error: OSError) -> ServerError:
        text = f"{self.path} cannot be read ({error.strerror}); run `esb build` again"
        return ServerError(ErrorKind.FAILED, "UnusableFile", text)


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading. Raises OSError for a link and for a special file, such as a FIFO, which would block."""
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise OSError(errno.EINVAL, "it is no file")
    except BaseException:
        os.close(number)
        raise
    return os.fdopen(number, "rb")


def _raise(error: OSError) -> None:
    raise error
