"""Validation of request bodies, imported only by applications that use it.

jsonschema takes 0.17 s of CPU time and 15 MB.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple, Protocol

from esb_schemas.contract import BodySchema
from esb_schemas.entry_points import load_object
from esb_schemas.errors import Problem

_VALIDATOR: Final = "esb_schemas.request_bodies.schemas:validator"
_PROBLEMS: Final = "esb_schemas.request_bodies.schemas:problems"


class BodyValidator(Protocol):
    """A schema, compiled. See schemas.py."""

    @property
    def has_patterns(self) -> bool:
        """Whether a document may take `patterns.MATCH_SECONDS` for each of its texts."""

    def is_valid(self, document: object) -> bool:
        """Whether a document is valid. Raises PatternTooSlow."""


class BodySchemas(NamedTuple):
    """The functions of schemas.py."""

    validator: Callable[[BodySchema, Mapping[str, BodySchema]], BodyValidator]
    problems: Callable[[BodySchema, Mapping[str, BodySchema]], Iterator[Problem]]


def load_body_schemas() -> BodySchemas:
    return BodySchemas(load_object(_VALIDATOR), load_object(_PROBLEMS))
