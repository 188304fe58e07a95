"""Writes `schemas/*.schema.json`, for editors, from the parts.

Run it as `python -m esb_schemas.json_schema.publish schemas`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from esb_schemas.documents.kinds import KINDS, Kind
from esb_schemas.json_schema.catalogue import schema

WIDTH: Final = 120


def published(kind: Kind) -> str:
    """The text of `<kind>.schema.json`."""
    return f"{formatted(schema(kind))}\n"


def formatted(value: Any, before: int = 0, indent: str = "") -> str:
    """JSON in which a value that fits is on one line; `before` characters are already on the line."""
    inline = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or before + len(inline) < WIDTH:
        return inline
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    lines = ",\n".join(entries(value, f"{indent}  "))
    return f"{opening}\n{lines}\n{indent}{closing}"


def entries(value: dict[str, Any] | list[Any], indent: str) -> Iterator[str]:
    """The entries of a mapping or a list on several lines."""
    labels = [f"{json.dumps(key)}: " for key in value] if isinstance(value, dict) else [""] * len(value)
    inner = value.values() if isinstance(value, dict) else value
    for label, each in zip(labels, inner, strict=True):
        start = f"{indent}{label}"
        yield start + formatted(each, len(start), indent)


def publish(folder: Path) -> None:
    """Write the three files."""
    for kind in KINDS:
        (folder / f"{kind}.schema.json").write_text(published(kind), "utf-8")


if __name__ == "__main__":
    publish(Path(sys.argv[1]))
