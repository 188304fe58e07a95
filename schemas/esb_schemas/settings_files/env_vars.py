"""Files of `--env-vars`: variables of functions for one run, in the shape of `sam local`. Pure.

"Environment variable file" in the guide of SAM CLI: `{"Parameters": {"NAME": "value"}}` is for every function,
`{"FunctionLogicalId": {"NAME": "value"}}` for one, and comes first. As there, only variables that a function has
already are changed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from esb_schemas.near_miss import near_miss

PARAMETERS: Final = "Parameters"


class EnvVars(NamedTuple):
    """Values by variable, for every function; and by function, named by its logical id or its name."""

    shared: Mapping[str, str] = MappingProxyType({})
    by_function: Mapping[str, Mapping[str, str]] = MappingProxyType({})


class Configurable(NamedTuple):
    """A function: its names, the first of which messages use, and the variables that it has."""

    names: Collection[str]
    environment: Mapping[str, str]


class EnvVarsProblem(NamedTuple):
    """An entry that is wrong or has no effect; `path` is its place in the document."""

    path: tuple[str, ...]
    text: str


class InvalidEnvVars(ValueError):
    """The document does not have this shape."""

    def __init__(self, problem: EnvVarsProblem) -> None:
        super().__init__(": ".join([*problem.path, problem.text]))
        self.problem = problem


def env_vars_of(document: object) -> EnvVars:
    """The content of a parsed file. Raises InvalidEnvVars."""
    if not isinstance(document, Mapping):
        raise _invalid((), f'must be an object, such as {{"{PARAMETERS}": {{"NAME": "value"}}}}')
    found = {str(name): _variables(str(name), section) for name, section in document.items()}
    return EnvVars(found.pop(PARAMETERS, {}), found)


def _variables(section: str, values: object) -> dict[str, str]:
    if not isinstance(values, Mapping):
        raise _invalid((section,), f'must be an object with variables, as "{PARAMETERS}" or the name of a function')
    return {str(name): _text(section, str(name), value) for name, value in values.items()}


def _text(section: str, name: str, value: object) -> str:
    """A value as SAM CLI converts it: `true` and `false`, an empty text for null."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() if "\0" in value:
            raise _invalid((section, name), "has a NUL character, which no variable can have")
        case str() | int() | float():
            return str(value)
        case _:
            raise _invalid((section, name), "must be a text, a number or a boolean")


def _invalid(path: tuple[str, ...], text: str) -> InvalidEnvVars:
    return InvalidEnvVars(EnvVarsProblem(path, text))


def overridden(function: Configurable, given: EnvVars) -> dict[str, str]:
    """The function's environment with the values of the file."""
    own = (given.by_function.get(name, {}) for name in function.names)
    values = {name: value for section in (given.shared, *own) for name, value in section.items()}
    return {name: values.get(name, value) for name, value in function.environment.items()}


def without_effect(functions: Iterable[Configurable], given: EnvVars) -> Iterator[EnvVarsProblem]:
    """Entries for functions that do not exist, and for variables that a function does not have."""
    known = {name: function for function in functions for name in function.names}
    for section, values in given.by_function.items():
        if section not in known:
            near = near_miss(section, known)
            suggestion = f"; did you mean {near}?" if near else ""
            yield EnvVarsProblem((section,), f"there is no such function{suggestion}")
            continue
        for name in values:
            if name not in known[section].environment:
                text = "the function has no such variable, so it is not set; add it to the template's Environment"
                yield EnvVarsProblem((section, name), text)
