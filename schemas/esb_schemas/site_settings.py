"""`esb.env`: the settings of a site, beside the folder `.esb/`, which no build and no delivery touches.

Compose fills them in (the `include` of docker-compose.yml names the file), and the commands read those whose names
begin with `ESB_`. A variable of the shell wins over the file, for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

SITE_FILE: Final = "esb.env"
_PREFIX: Final = "ESB_"


def with_site_settings(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command about the stack of `folder`; a file that cannot be read has no settings."""
    path = folder.absolute().parent / SITE_FILE
    try:
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    except OSError:
        text = ""
    found = {name: value for name, value in read_assignments(text).items() if name.startswith(_PREFIX)}
    return found | dict(environment)


def read_assignments(text: str) -> dict[str, str]:
    """The variables of a file that Compose reads as environment, without its `${…}`."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            found[name.strip()] = _unquoted(value.strip())
    return found


def _unquoted(value: str) -> str:
    if value[:1] in ("'", '"') and value[:1] in value[1:]:
        return value[1:].partition(value[0])[0]
    return value.partition(" #")[0].rstrip()
