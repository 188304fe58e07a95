"""Files of variables that Compose, a shell and our own programs read in the same way: `.env`.

A value of letters, digits and a few signs is not quoted; others are. Compose and a shell agree on single quotes, and on
a backslash before `"`, `\\`, and `$` within double quotes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from esb_schemas.lazy_pattern import LazyPattern

_PLAIN: Final = LazyPattern(r"[A-Za-z0-9_./:@%+,=-]*")
_ENTRY: Final = LazyPattern(
    r"""^(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?:'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)"|(?P<plain>[^\n]*))$""",
    re.MULTILINE | re.DOTALL,
)
_ESCAPED: Final = LazyPattern(r'\\(["\\$])')


def value_variable(function: str, name: str) -> str:
    """The variable of .env with the value of a function's secret variable `name`, different for each pair."""
    return f"ESB_VALUE_{escaped_name(function)}_0{name}"


def connection_variable(connection: str, number: int) -> str:
    """The variable of .env with one of the secrets of an EventBridge connection, different for each pair."""
    return f"ESB_CONNECTION_{escaped_name(connection)}_0{number}"


def escaped_name(name: str) -> str:
    """The name of a function or a connection as part of a variable's name, different for each name."""
    return name.replace("_", "__").replace("-", "_1").replace(".", "_2")


class UnquotableError(ValueError):
    """The value cannot be written so that Compose and a shell read the same; the message says why."""


def dump(values: Mapping[str, str]) -> str:
    """One entry for each variable. Raises UnquotableError."""
    return "".join(f"{name}={_quoted(value)}\n" for name, value in values.items())


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    if "\0" in value or "\r" in value:
        raise UnquotableError("it has a character that no variable can have")
    if value.endswith("\\"):
        raise UnquotableError("it ends with a backslash")
    if "'" not in value:
        return f"'{value}'"
    if "`" in value:
        raise UnquotableError("it has both ' and `")
    return '"' + re.sub(r'(["\\$])', r"\\\1", value) + '"'


def load(text: str) -> dict[str, str]:
    """The variables of a file that `dump` has written, or of one with a plain `NAME=value` in each line."""
    values = {}
    for entry in _ENTRY.finditer(text):
        if (double := entry["double"]) is not None:
            values[entry["name"]] = _ESCAPED.sub(r"\1", double)
        else:
            values[entry["name"]] = entry["single"] if entry["single"] is not None else entry["plain"].strip()
    return values
