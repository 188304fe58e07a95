"""Secret values of resources.yml: the file has `{{resolve:env:NAME}}`, and the environment has NAME.

The syntax is that of CloudFormation's dynamic references.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from esb_schemas.lazy_pattern import LazyPattern

_REFERENCE: Final = LazyPattern(r"\{\{resolve:env:([A-Za-z_][A-Za-z0-9_]*)\}\}")


class MissingVariable(KeyError):
    """The environment has no such variable; the only argument is its name."""


def reference_to(name: str) -> str:
    """The reference to a variable, as the file has it."""
    return f"{{{{resolve:env:{name}}}}}"


def with_variables(value: Any, environment: Mapping[str, str]) -> Any:
    """The value with each reference replaced by the variable's value. Raises MissingVariable."""
    match value:
        case Mapping():
            return {key: with_variables(each, environment) for key, each in value.items()}
        case list():
            return [with_variables(each, environment) for each in value]
        case str() if found := _REFERENCE.fullmatch(value):
            if found[1] not in environment:
                raise MissingVariable(found[1])
            return environment[found[1]]
    return value


def variables_in(value: Any) -> Iterator[str]:
    """The names of the variables that a value refers to."""
    match value:
        case Mapping():
            for each in value.values():
                yield from variables_in(each)
        case list():
            for each in value:
                yield from variables_in(each)
        case str() if found := _REFERENCE.fullmatch(value):
            yield found[1]
