"""A document against its contract: foreign format, then JSON Schema, then the rules beyond it."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, cast

from esb_schemas import validation
from esb_schemas.acceptance import is_shaped
from esb_schemas.errors import ContractError, dotted
from esb_schemas.kinds import Kind
from esb_schemas.other_layouts import other_layout


def validate(kind: Kind, document: object, *, file: str | None = None) -> None:
    """Raise ContractError, about the one thing to mend first, unless the document keeps the contract of its kind.

    `file` is the name that the sentence begins with; `<kind>.yml` where it is not given.
    """
    problem = other_layout(kind, document)
    if problem is None and not is_shaped(kind, document):
        from esb_schemas import shape  # noqa: PLC0415 - the import of jsonschema takes a tenth of a second

        problem = shape.first_problem(kind, document)
    problem = problem or validation.first_problem(kind, cast("dict[str, Any]", document))
    if problem:
        raise ContractError(file or f"{kind}.yml", dotted(problem.path), problem.text)


def load(kind: Kind, path: str | PathLike[str]) -> dict[str, Any]:
    """The file's document, valid. Raises ContractError for a file that is missing, empty, malformed or invalid."""
    from esb_schemas import reading  # noqa: PLC0415 - PyYAML is as slow

    document = reading.read(Path(path))
    validate(kind, document, file=str(path))
    return cast("dict[str, Any]", document)
