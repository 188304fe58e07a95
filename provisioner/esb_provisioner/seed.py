"""Seed data: files beside resources.yml whose items or objects a new table or bucket begins with."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from esb_provisioner.errors import ErrorKind, ServerError

ASPECT: Final = "Seed"


@dataclass(frozen=True)
class Seed:
    """A file of lines, or a folder; `records` is the number of its items or objects. Reading it raises ServerError."""

    path: Path
    records: int

    def lines(self) -> Iterator[Mapping[str, Any]]:
        """The items, in DynamoDB JSON."""
        try:
            with self.path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    yield self._item(line, number)
        except OSError as error:
            raise self._unreadable(error) from None

    def files(self) -> dict[str, Path]:
        """The files below the folder, by their path with forward slashes; links are not followed."""
        found = {}
        try:
            for folder, folders, names in os.walk(self.path, onerror=_raise):
                folders.sort()
                for name in sorted(names):
                    path = Path(folder, name)
                    if path.is_symlink():
                        raise ServerError(ErrorKind.FAILED, ASPECT, f"{path} is a link, which is not followed")
                    found[path.relative_to(self.path).as_posix()] = path
        except OSError as error:
            raise self._unreadable(error) from None
        return found

    def _item(self, line: bytes, number: int) -> Mapping[str, Any]:
        try:
            item = json.loads(line)
        except (ValueError, RecursionError):
            item = None
        if not isinstance(item, dict):
            text = f"{self.path}:{number} is no item in DynamoDB JSON; run `esb build` again"
            raise ServerError(ErrorKind.FAILED, ASPECT, text)
        return item

    def _unreadable(self, error: OSError) -> ServerError:
        text = f"{self.path} cannot be read ({error.strerror}); run `esb build` again"
        return ServerError(ErrorKind.FAILED, ASPECT, text)


def amount(number: int, noun: str) -> str:
    """`1 item`, `3 items`"""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _raise(error: OSError) -> None:
    raise error
