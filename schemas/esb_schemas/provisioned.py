"""The record that the provisioner leaves for the gateway: which configuration it has provisioned, and what differs.

    {"configuration": "<SHA-256>", "drift": [{"resource": "table Orders", "text": "…"}], "failed": []}

Both have the file in a volume, at the path in `ESB_PROVISIONED_FILE`. Each run of the provisioner replaces it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

VARIABLE: Final = "ESB_PROVISIONED_FILE"
COMMAND_VARIABLE: Final = "ESB_PROVISION_COMMAND"
"""How the user runs the provisioner, for its advice: `docker compose run --rm provisioner`."""
CONFIGURATION_FILES: Final = ("functions.yml", "resources.yml", "routing.yml")


class Difference(NamedTuple):
    """A resource that differs from the file, and one sentence: how, and what to do."""

    resource: str
    text: str


@dataclass(frozen=True, slots=True)
class Provisioned:
    """One run: the `digest` of its configuration, what has drifted, and one sentence for each failure."""

    configuration: str
    drift: tuple[Difference, ...] = ()
    failed: tuple[str, ...] = ()


def digest(folder: Path) -> str:
    """SHA-256 of the three files of a folder `config/`, hexadecimal; empty if one of them is missing or unreadable."""
    found = hashlib.sha256()
    try:
        for name in CONFIGURATION_FILES:
            content = (folder / name).read_bytes()
            found.update(f"{name} {len(content)}\n".encode() + content)
    except OSError:
        return ""
    return found.hexdigest()


def write_record(path: Path, record: Provisioned) -> None:
    """Replace the file. Raises OSError."""
    document = {
        "configuration": record.configuration,
        "drift": [each._asdict() for each in record.drift],
        "failed": list(record.failed),
    }
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_text(json.dumps(document), encoding="utf-8")
    temporary.replace(path)


def read_record(path: Path) -> Provisioned | None:
    """The record of the last run; None if there is none, or if the file is not as `write_record` makes it."""
    try:
        document = json.loads(path.read_bytes())
        return Provisioned(
            _text(document, "configuration"),
            tuple(Difference(_text(each, "resource"), _text(each, "text")) for each in document["drift"]),
            tuple(map(str, document["failed"])),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _text(document: Mapping[str, Any], key: str) -> str:
    value = document[key]
    if not isinstance(value, str):
        raise TypeError
    return value
