"""Load and validate a document: foreign formats, then the JSON Schema, then the rules beyond it."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, cast

from esb_schemas import reading, validation
from esb_schemas.compiled_validator import is_valid
from esb_schemas.errors import ContractError, dotted
from esb_schemas.foreign_formats import foreign_format
from esb_schemas.kinds import Kind


def validate(kind: Kind, document: object, *, file: str | None = None) -> None:
    """Raise ContractError for the first problem of the document, if it has any.

    `file` is the name that the message begins with; `<kind>.yml` by default.
    """
    problem = foreign_format(kind, document)
    if problem is None and not is_valid(kind, document):
        from esb_schemas import schema_errors  # noqa: PLC0415 - the import of jsonschema takes a tenth of a second

        problem = schema_errors.first_problem(kind, document)
    problem = problem or validation.first_problem(kind, cast("dict[str, Any]", document))
    if problem:
        raise ContractError(file or f"{kind}.yml", dotted(problem.path), problem.text)


def load(kind: Kind, path: str | PathLike[str]) -> dict[str, Any]:
    """The document of a file. Raises ContractError if the file is missing, empty, malformed or invalid."""
    document = reading.read(Path(path))
    validate(kind, document, file=str(path))
    return cast("dict[str, Any]", document)
