"""The validation of the bodies of requests, loaded by those applications that have it.

jsonschema takes 0.17 s of CPU time and 15 MB.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Protocol

from esb_schemas.contract import BodySchema
from esb_schemas.errors import Problem


class BodyValidator(Protocol):
    """A schema, compiled. See body_schemas.py."""

    @property
    def has_patterns(self) -> bool:
        """Whether a document may take `patterns.MATCH_SECONDS` for each of its texts."""

    def is_valid(self, document: object) -> bool:
        """Whether a document is valid. Raises PatternTooSlow."""


class BodySchemas(NamedTuple):
    """The functions of body_schemas.py."""

    validator: Callable[[BodySchema, Mapping[str, BodySchema]], BodyValidator]
    problems: Callable[[BodySchema, Mapping[str, BodySchema]], Iterator[Problem]]


def load_body_schemas() -> BodySchemas:
    from esb_schemas import body_schemas  # noqa: PLC0415 - see above

    return BodySchemas(body_schemas.validator, body_schemas.problems)
