"""Parses the text of a pattern; errors have the messages of AWS's JSON parser."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

from esb_wire.patterns.errors import InvalidPattern

_TOKEN: Final = re.compile(r"[\w$]+")


def read_json(text: str) -> Any:
    """Read strict JSON (RFC 8259: no NaN, no Infinity). Raises ValueError, also if it is nested too deeply."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_pattern(text: str) -> dict[str, Any]:
    """Read the text of a pattern. Raises InvalidPattern with the place in the text."""
    try:
        pattern = read_json(text)
    except json.JSONDecodeError as error:
        raise _invalid_json(text, error) from None
    except ValueError as error:
        raise InvalidPattern(str(error)) from None
    if not isinstance(pattern, dict):
        raise _at("Filter is not an object", text, _start(text) + 1)
    return pattern


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"Unrecognized token '{name}'")


def _invalid_json(text: str, error: json.JSONDecodeError) -> InvalidPattern:
    place = error.pos + len(text[error.pos :]) - len(text[error.pos :].lstrip())
    if token := _TOKEN.match(text, place):
        expected = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        return _at(f"Unrecognized token '{token[0]}': was expecting {expected}", text, token.end())
    if place >= len(text):
        return _at("Unexpected end-of-input", text, len(text))
    character = f"Unexpected character ('{text[place]}' (code {ord(text[place])}))"
    in_object = error.msg.startswith("Expecting property name")
    wanted = "double-quote to start field name" if in_object else "a valid value"
    return _at(f"{character}: was expecting {wanted}", text, place)


def _at(reason: str, text: str, place: int) -> InvalidPattern:
    line = text.count("\n", 0, place) + 1
    column = place - (text.rfind("\n", 0, place) + 1) + 1
    return InvalidPattern(f'{reason}\n at [Source: (String)"{text}"; line: {line}, column: {column}]')


def _start(text: str) -> int:
    return len(text) - len(text.lstrip())
