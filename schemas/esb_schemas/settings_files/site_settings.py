"""`esb.env`: the settings of a site, beside the folder `.esb/`. No build and no delivery changes it.

Compose reads it (the `include` of docker-compose.yml names the file), and the commands read the variables that begin
with `ESB_`. For both, `.env` in the project's folder has priority over it, and a variable of the shell over both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

SITE_FILE: Final = "esb.env"
_PROJECT_FILE: Final = ".env"
_PREFIX: Final = "ESB_"


def with_site_settings(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command about the stack of `folder`; a file that cannot be read has no settings."""
    project = folder.absolute().parent
    found = read_assignments(_text(project / SITE_FILE)) | read_assignments(_text(project / _PROJECT_FILE))
    return {name: value for name, value in found.items() if name.startswith(_PREFIX)} | dict(environment)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    except OSError:
        return ""


def site_lines(folder: Path) -> list[tuple[int, str]]:
    """The numbers and names of the variables of esb.env beside the stack of `folder`; empty if it cannot be read."""
    return [(number, name) for number, name, _ in _assignments(_text(folder.absolute().parent / SITE_FILE))]


def read_assignments(text: str) -> dict[str, str]:
    """The variables of a file in the syntax of Compose's `env_file`; `${…}` is not interpolated."""
    return {name: _unquoted(value) for _, name, value in _assignments(text)}


def _assignments(text: str) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            yield number, name.strip(), value.strip()


def _unquoted(value: str) -> str:
    if value[:1] in ("'", '"') and value[:1] in value[1:]:
        return value[1:].partition(value[0])[0]
    return value.partition(" #")[0].rstrip()
