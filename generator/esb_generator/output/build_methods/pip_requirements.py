"""Finds the files that pip reads in a code folder: requirements.txt and those that it includes. Pure.

https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from esb_generator.errors import BuildError
from esb_schemas.lazy_pattern import LazyPattern

FILE = "requirements.txt"
_INCLUDE = LazyPattern(r"(-r|-c|--requirement|--constraint)(\s+|=|(?<=-[rc]))\s*(?P<path>\S+)")
_EDITABLE = LazyPattern(r"(-e|--editable)(\s+|=)\s*(?P<path>\S+)")
_LINKS = LazyPattern(r"(-f|--find-links)(\s+|=)\s*(?P<path>\S+)")
_URL = LazyPattern(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_NAMED = LazyPattern(r"[A-Za-z0-9._-]+(\[[^]]*\])?\s*@\s*")
_ARCHIVES = (".whl", ".tar.gz", ".zip", ".tar.bz2")


class Requirements(NamedTuple):
    """`files` are requirements.txt and those that it includes; `local`: it installs packages of the folder, too."""

    files: tuple[str, ...]
    local: bool = False


def read_requirements(read: Callable[[str], str | None]) -> Requirements | None:
    """The files that pip needs, None without a requirements.txt; `read` gives the text of a file, or None.

    Raises BuildError, with file and line, for a requirement outside of the folder, which is not in the image.
    """
    if read(FILE) is None:
        return None
    files: list[str] = []
    local = _read(FILE, read, files, "")
    return Requirements(tuple(files), local)


def _read(name: str, read: Callable[[str], str | None], files: list[str], named_by: str) -> bool:
    """Add a file and those that it includes to `files`; returns whether one of them installs from the folder."""
    if name in files:
        return False
    text = read(name)
    if text is None:
        raise BuildError(f"{named_by} names {name}, which is not in the code folder; put it there")
    files.append(name)
    local = False
    for number, line in _lines(text):
        place = f"{name}:{number}"
        if found := _INCLUDE.match(line):
            if not _URL.match(found["path"]):
                # Relative to the including file; paths of packages are relative to the folder.
                path = _inside(posixpath.join(posixpath.dirname(name), found["path"]), found["path"], place)
                local = _read(path, read, files, place) or local
        elif found := _EDITABLE.match(line):
            raise BuildError(f"{place} installs {found['path']} as editable, which an image cannot; remove -e")
        else:
            local = _is_local(line, place) or local
    return local


def _is_local(line: str, place: str) -> bool:
    links = _LINKS.match(line)
    if line.startswith("-") and not links:
        return False
    wanted = links["path"] if links else _NAMED.sub("", line.split(";", maxsplit=1)[0]).split(" --")[0].strip()
    if wanted.startswith("file:"):
        raise BuildError(f"{place} names {wanted}; write the path relative to the code folder, ./…")
    if _URL.match(wanted):
        return False
    path = re.sub(r"\[[^]]*\]$", "", wanted)
    if not (links or path.startswith(".") or "/" in path or path.endswith(_ARCHIVES)):
        return False
    _inside(path, path, place)
    return True


def _inside(path: str, written: str, place: str) -> str:
    found = posixpath.normpath(path)
    if found.startswith(("/", "../")) or found == "..":
        raise BuildError(f"{place} names {written}, which is outside the code folder; put it inside")
    return found


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Logical lines without comments and empty ones, each with the number of its first line."""
    whole, begin = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        begin = begin if whole else number
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            whole += line[:-1]
            continue
        stripped = re.sub(r"(^|\s)#.*$", "", whole + line).strip()
        whole = ""
        if stripped:
            yield begin, stripped
