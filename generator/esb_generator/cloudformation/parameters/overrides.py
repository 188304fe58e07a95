"""Parameter overrides of a command line or samconfig: `A=1`, `B='x y'`, `ParameterKey=A,ParameterValue=1`, several of
them in one text, and `file://values.yaml`."""

import posixpath
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from esb_generator.errors import BuildError
from esb_generator.values import as_text
from esb_schemas.lazy_pattern import LazyPattern

_KEY_VALUE = LazyPattern(r"(?P<name>[A-Za-z0-9]+)=(?P<value>.*)", re.DOTALL)
_LONG_FORM = LazyPattern(r"ParameterKey=(?P<name>[A-Za-z0-9]+),ParameterValue=(?P<value>.*)", re.DOTALL)
_NAME = LazyPattern(r"[A-Za-z0-9]+")
_FILE = "file://"
_INCLUDE = "$include"
Read = Callable[[str], object]


def parse_overrides(overrides: Iterable[str], *, read: Read | None = None) -> dict[str, str]:
    """Values by parameter name; a later override wins. `read` gives the document that a `file://` override names.

    Raises BuildError for an override of another shape.
    """
    return _Files(read).parsed(overrides)


def values_from(document: object, *, read: Read | None = None) -> dict[str, str]:
    """Values from a document: a text of overrides, a list of those and of mappings, or a mapping of name to value.

    As in SAM CLI, a list of values becomes its items with commas between, a boolean `True` or `False`, and null an
    empty text; `$include` in a mapping names files with further values.
    """
    return _Files(read).values(document)


class _Files(NamedTuple):
    """Reads documents. `within` are the including documents, outermost first; paths are relative to the last."""

    read: Read | None
    within: tuple[str, ...] = ()

    def parsed(self, overrides: Iterable[str]) -> dict[str, str]:
        values: dict[str, str] = {}
        for override in overrides:
            if override.startswith(_FILE):
                values |= self._file(override)
                continue
            for part in _parts(override):
                match = _LONG_FORM.fullmatch(part) or _KEY_VALUE.fullmatch(part)
                if match is None:
                    raise BuildError(f"parameter overrides: {part!r} is not NAME=VALUE; quote a value that has spaces")
                values[match["name"]] = _unquoted(match["value"])
        return values

    def values(self, document: object) -> dict[str, str]:
        match document:
            case None:
                return {}
            case str():
                return self.parsed([document] if document else [])
            case Mapping():
                return self._mapping(document)
            case list():
                values: dict[str, str] = {}
                for item in document:
                    values |= self.values(item)
                return values
            case _:
                raise BuildError(f"parameter overrides: {document!r} is not NAME=VALUE, a list of those, or a mapping")

    def _mapping(self, document: Mapping[object, object]) -> dict[str, str]:
        values: dict[str, str] = {}
        for name, value in document.items():
            if name == _INCLUDE:
                if not isinstance(value, str | list):
                    raise BuildError(f"parameter overrides: {_INCLUDE} takes file://… or a list, not {value!r}")
                values |= self.values(value)
            else:
                values[_checked(str(name))] = _as_value(value)
        return values

    def _file(self, override: str) -> dict[str, str]:
        if self.read is None:
            raise BuildError(f"parameter overrides: {override} cannot be read here; write the values as NAME=VALUE")
        location = posixpath.join(
            posixpath.dirname(self.within[-1]) if self.within else "", override.removeprefix(_FILE)
        )
        if location in self.within:
            raise BuildError(f"parameter overrides: {' → '.join([*self.within, location])} include each other")
        return _Files(self.read, (*self.within, location)).values(self.read(location))


def _parts(text: str) -> list[str]:
    """The overrides within one text; a text whose parts are not all NAME=VALUE is one value with spaces in it."""
    if not re.search(r"[\s'\"]", text):
        return [text]
    try:
        parts = shlex.split(text)
    except ValueError:
        return [text]
    return parts if all(_KEY_VALUE.fullmatch(part) or part.startswith("ParameterKey=") for part in parts) else [text]


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise BuildError(f"parameter overrides: {name!r} is not the name of a parameter; names have letters and digits")
    return name


def _as_value(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value)
        case str() | int() | float():
            return as_text(value)
        case list():
            return ",".join(filter(None, (_as_value(item).strip() for item in value)))
        case _:
            raise BuildError(f"parameter overrides: {value!r} is not a value; use text, a number or a list")
