"""The schemas, by kind."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

Kind: TypeAlias = Literal["resources", "functions", "routing"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


def schema(kind: Kind) -> dict[str, Any]:
    """A fresh copy of the JSON Schema (2020-12) of `config/<kind>.yml`."""
    document: dict[str, Any] = json.loads(schema_text(kind))
    return document


@cache
def schema_text(kind: Kind) -> str:
    """The schema file as it is shipped: in a wheel inside the package, in a checkout one folder up."""
    package = Path(__file__).parent
    name = f"{kind}.schema.json"
    return next(path for path in (package / name, package.parent / name) if path.is_file()).read_text("utf-8")
