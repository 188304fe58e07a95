"""Load and validate a document: foreign formats, then the JSON Schema, then the rules beyond it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import Any, cast

from esb_schemas.documents import reading
from esb_schemas.documents.contract_version import GENERATED, OTHER_BUILD, other_version
from esb_schemas.documents.kinds import Kind
from esb_schemas.errors import ContractError, Problem, dotted
from esb_schemas.json_schema.compiled_validator import is_valid
from esb_schemas.sections import SECTIONS
from esb_schemas.validation import rules
from esb_schemas.validation.foreign_formats import foreign_format


def validate(kind: Kind, document: object, *, file: str | None = None) -> None:
    """Raise ContractError for the first problem of the document, if it has any.

    `file` is the name that the message begins with; `<kind>.yml` by default.
    """
    for problem in problems(kind, document):
        raise ContractError(file or f"{kind}.yml", dotted(problem.path), problem.text)


def problems(kind: Kind, document: object) -> Iterator[Problem]:
    """Every rule that the document breaks; only the first problem if it is invalid against the JSON Schema."""
    if problem := foreign_format(kind, document) or other_version(document) or _schema_problem(kind, document):
        yield problem
    else:
        yield from rules.problems(kind, cast("dict[str, Any]", document))


def entry_problems(section: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    """Every rule that an entry of a section of resources.yml breaks; the paths begin at the entry.

    The entry may be invalid in other ways: a rule is skipped if what it reads is missing or has another type.
    """
    for check in SECTIONS[section].checks:
        with suppress(LookupError, TypeError, AttributeError):
            yield from list(check(entry))


def section_problems(sections: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[Problem]:
    """Every rule about several entries of resources.yml that they break, by section. As `entry_problems`."""
    for check in chain.from_iterable(SECTIONS[name].whole_checks for name in sections):
        with suppress(LookupError, TypeError, AttributeError):
            yield from list(check(sections))


def load(kind: Kind, path: str | PathLike[str]) -> dict[str, Any]:
    """The document of a file. Raises ContractError if the file is missing, empty, malformed or invalid."""
    document = reading.read(Path(path))
    try:
        validate(kind, document, file=str(path))
    except ContractError as error:
        if other_version(document) is None and _is_generated(Path(path)):
            raise ContractError(error.file, error.path, error.problem + OTHER_BUILD) from None
        raise
    return cast("dict[str, Any]", document)


def _is_generated(path: Path) -> bool:
    with path.open("rb") as file:
        return file.readline(len(GENERATED)) == GENERATED.encode()


def _schema_problem(kind: Kind, document: object) -> Problem | None:
    if is_valid(kind, document):
        return None
    from esb_schemas.json_schema import schema_errors  # noqa: PLC0415 - the import of jsonschema takes a tenth of a second

    return schema_errors.first_problem(kind, document)
