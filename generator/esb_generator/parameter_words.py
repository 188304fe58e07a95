"""Parameter overrides as people write them on a command line and in samconfig: `A=1`, `B='x y'`,
`ParameterKey=A,ParameterValue=1`, several of them in one text, and `file://values.yaml`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping

from esb_generator.errors import BuildError
from esb_generator.values import Value, as_text

_KEY_VALUE = re.compile(r"(?P<name>[A-Za-z0-9]+)=(?P<value>.*)", re.DOTALL)
_LONG_FORM = re.compile(r"ParameterKey=(?P<name>[A-Za-z0-9]+),ParameterValue=(?P<value>.*)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9]+")
_FILE = "file://"
Read = Callable[[str], Value]


def parse_words(words: Iterable[str], *, read: Read | None = None) -> dict[str, str]:
    """Values by parameter name; a later word wins. `read` gives the document that a `file://` word names.

    Raises BuildError for a word of another shape.
    """
    values: dict[str, str] = {}
    for word in words:
        if word.startswith(_FILE):
            values |= _from_file(word, read)
            continue
        for part in _parts(word):
            match = _LONG_FORM.fullmatch(part) or _KEY_VALUE.fullmatch(part)
            if match is None:
                raise BuildError(f"parameter overrides: {part!r} is not NAME=VALUE; quote a value that has spaces")
            values[match["name"]] = _unquoted(match["value"])
    return values


def values_from(document: object, *, read: Read | None = None) -> dict[str, str]:
    """Values from a document: a text of words, a list of words, or a mapping of name to value.

    As in SAM CLI a list becomes its items with commas between, a boolean `True` or `False`, and null nothing.
    """
    match document:
        case str():
            return parse_words([document], read=read)
        case Mapping():
            return {_checked(str(name)): _as_value(value) for name, value in document.items()}
        case list():
            values: dict[str, str] = {}
            for item in document:
                values |= values_from(item, read=read)
            return values
        case _:
            raise BuildError(f"parameter overrides: {document!r} is not NAME=VALUE, a list of those, or a mapping")


def _parts(word: str) -> list[str]:
    """The words within one text; a text whose parts are not all NAME=VALUE is one value with spaces in it."""
    if not re.search(r"[\s'\"]", word):
        return [word]
    try:
        parts = shlex.split(word)
    except ValueError:
        return [word]
    return parts if all(_KEY_VALUE.fullmatch(part) or part.startswith("ParameterKey=") for part in parts) else [word]


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value


def _from_file(word: str, read: Read | None) -> dict[str, str]:
    if read is None:
        raise BuildError(f"parameter overrides: {word} cannot be read here; write the values as NAME=VALUE")
    return values_from(read(word.removeprefix(_FILE)), read=None)


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
            return ",".join(_as_value(item) for item in value)
        case _:
            raise BuildError(f"parameter overrides: {value!r} is not a value; use text, a number or a list")
