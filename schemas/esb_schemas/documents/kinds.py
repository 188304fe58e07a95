"""The three kinds of documents, by the names of their files."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

Kind: TypeAlias = Literal["resources", "functions", "routing"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
