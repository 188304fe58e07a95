"""The record that the provisioner leaves for the gateway: which configuration it has provisioned, and what differs.

    {"configuration": "<SHA-256>", "folder": 1234, "resources": "<SHA-256>",
     "drift": [{"resource": "table Orders", "text": "…"}], "failed": []}

The file is in a volume that both mount, at the path in `ESB_PROVISIONED_FILE`. Each run of the provisioner replaces it.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

VARIABLE: Final = "ESB_PROVISIONED_FILE"
SERVERS_VARIABLE: Final = "ESB_DATA_SERVERS"
"""The servers and their volumes. If it is set, the gateway serves once resources.yml is provisioned on them."""
COMMAND_VARIABLE: Final = "ESB_PROVISION_COMMAND"
"""How the user runs the provisioner, for its hints: `docker compose run --rm provisioner`."""
CONFIGURATION_FILES: Final = ("functions.yml", "resources.yml", "routing.yml")


class Difference(NamedTuple):
    """A resource that has drifted, and a sentence that says how, and what to do."""

    resource: str
    text: str


class Provisioned(NamedTuple):
    """One run: the `digest` of its configuration, what has drifted, and one sentence for each failure.

    `folder` is the `folder_id` of the configuration's folder. `resources` is the `resources_digest` of the last run
    without a failure, which may be an earlier one. Both are empty if unknown.
    """

    configuration: str
    drift: tuple[Difference, ...] = ()
    failed: tuple[str, ...] = ()
    folder: int = 0
    resources: str = ""


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


def resources_digest(folder: Path, servers: str) -> str:
    """SHA-256 of the resources.yml of a folder `config/` and the servers it is applied to; empty if it is missing."""
    try:
        content = (folder / "resources.yml").read_bytes()
    except OSError:
        return ""
    return hashlib.sha256(f"{servers}\n".encode() + content).hexdigest()


def folder_id(folder: Path) -> int:
    """The inode of a folder, the same in all containers that mount it; 0 if it is not there.

    A bind mount keeps showing its original folder after another folder has taken the path. The device is left out,
    because it may differ between containers.
    """
    try:
        return folder.stat().st_ino
    except OSError:
        return 0


def write_record(path: Path, record: Provisioned) -> None:
    """Replace the file. Raises OSError."""
    document = {
        "configuration": record.configuration,
        "folder": record.folder,
        "resources": record.resources,
        "drift": [each._asdict() for each in record.drift],
        "failed": list(record.failed),
    }
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_text(json.dumps(document), encoding="utf-8")
    temporary.replace(path)


def read_record(path: Path) -> Provisioned | None:
    """The record of the last run; None if there is no file, or if `write_record` did not write it."""
    try:
        document = json.loads(path.read_bytes())
        return Provisioned(
            _text(document, "configuration"),
            tuple(Difference(_text(each, "resource"), _text(each, "text")) for each in document["drift"]),
            tuple(map(str, document["failed"])),
            int(document["folder"]),
            str(document.get("resources", "")),  # older provisioners do not write it
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _text(document: Mapping[str, Any], key: str) -> str:
    value = document[key]
    if not isinstance(value, str):
        raise TypeError
    return value
