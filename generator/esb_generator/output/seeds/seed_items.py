"""Items of a table in a file: a JSON list, or one item per line; each is plain JSON or DynamoDB JSON.

DynamoDB JSON is what `esb-provision export` and AWS write: `{"id": {"S": "1"}}`, alone or in `{"Item": …}`.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
An item is DynamoDB JSON if its partition key has a type: keys are never maps.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from esb_generator.errors import BuildError
from esb_schemas.lazy_pattern import LazyPattern

SUFFIXES: Final = (".json", ".jsonl", ".ndjson")
_NUMBER: Final = LazyPattern(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([Ee][+-]?[0-9]+)?")  # Decimal accepts other texts, too
_DIGITS: Final = 38  # of a number, with exponents up to 125
_LARGEST: Final = Decimal("1E+126")
_SMALLEST: Final = Decimal("1E-130")

Item = Mapping[str, Mapping[str, Any]]
"""An item in DynamoDB JSON."""


def read_items(path: Path, definition: Mapping[str, Any]) -> Iterator[tuple[str, Item]]:
    """Each item of a file with its place, for messages. Raises BuildError for an item that the table cannot have."""
    for place, value in _values(path):
        try:
            yield place, _item(value, definition)
        except (ValueError, RecursionError) as error:
            text = "it is nested too deeply" if isinstance(error, RecursionError) else error
            raise BuildError(f"{place} is no item of the table: {text}") from None


def _values(path: Path) -> Iterator[tuple[str, Any]]:
    """The values of a JSON list, or of each line that is not empty."""
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BuildError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise BuildError(f"{path} is not UTF-8; save it as UTF-8") from None
    if content.lstrip().startswith("["):
        for number, value in enumerate(_parse(content, f"{path}"), 1):
            yield f"{path}, item {number},", value
        return
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            yield f"{path}:{number}", _parse(line, f"{path}:{number}")


def _parse(text: str, place: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_constant)
    except (ValueError, InvalidOperation, RecursionError) as error:
        what = "it is nested too deeply" if isinstance(error, RecursionError) else error
        text = "write a list of items, or an item on each line"
        raise BuildError(f"{place} is not JSON ({what}); {text}") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _item(value: Any, definition: Mapping[str, Any]) -> Item:
    """The item in DynamoDB JSON. Raises ValueError with the part that is wrong."""
    types = {each["AttributeName"]: each["AttributeType"] for each in definition["AttributeDefinitions"]}
    keys = [element["AttributeName"] for element in definition["KeySchema"]]
    if not isinstance(value, dict):
        raise ValueError("an item is an object")
    if value.keys() == {"Item"} and "Item" not in keys and isinstance(value["Item"], dict):
        value = value["Item"]
    convert = _typed if isinstance(value.get(keys[0]), dict) else _plain
    item = {name: convert(each, name) for name, each in value.items()}
    for key in keys:
        _check_key(item.get(key), key, types.get(key, "S"))
    return item


def _check_key(attribute: Mapping[str, Any] | None, key: str, type_: str) -> None:
    if attribute is None:
        raise ValueError(f"it lacks the key {key}")
    if type_ not in attribute:
        hint = "; write the item in DynamoDB JSON" if type_ == "B" else ""
        raise ValueError(f"the key {key} has the type {next(iter(attribute))}, and in the table {type_}{hint}")
    if attribute[type_] == "":
        raise ValueError(f"the key {key} is empty")


def _plain(value: Any, place: str) -> dict[str, Any]:
    """A value of plain JSON."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case Decimal():
            return {"N": _number(str(value), place)}
        case list():
            return {"L": [_plain(each, f"{place}[{index}]") for index, each in enumerate(value)]}
        case _:
            return {"M": {name: _plain(each, f"{place}.{name}") for name, each in value.items()}}


def _typed(value: Any, place: str) -> dict[str, Any]:
    """A value of DynamoDB JSON."""
    if not isinstance(value, dict) or len(value) != 1:
        raise ValueError(f'{place} must be an object with one type, such as {{"S": "text"}}')
    ((type_, content),) = value.items()
    if type_ not in _CHECKS:
        raise ValueError(f"{place} has the type {type_}, which DynamoDB does not have")
    return {type_: _CHECKS[type_](content, place)}


def _number(text: str, place: str) -> str:
    try:
        number = Decimal(text if _NUMBER.fullmatch(text) else "")
    except InvalidOperation:
        raise ValueError(f"{place}: {text[:40]!r} is no number") from None
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    if len(digits) > _DIGITS or (number and not _SMALLEST <= number.copy_abs() < _LARGEST):
        raise ValueError(f"{place}: {text[:40]} is no number of up to {_DIGITS} digits that DynamoDB can keep")
    return text


def _binary(text: str, place: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{place} must be Base64") from None
    return text


def _same(content: str, _place: str) -> str:
    return content


def _text_of(convert: Callable[[str, str], str]) -> Callable[[Any, str], Any]:
    def check(content: Any, place: str) -> str:
        if not isinstance(content, str):
            raise ValueError(f"{place} must be text in quotes")
        return convert(content, place)

    return check


def _set_of(convert: Callable[[str, str], str]) -> Callable[[Any, str], Any]:
    one = _text_of(convert)

    def check(content: Any, place: str) -> list[str]:
        if not isinstance(content, list) or not content:
            raise ValueError(f"{place} must be a list that is not empty")
        return [one(each, f"{place}[{index}]") for index, each in enumerate(content)]

    return check


def _boolean(content: Any, place: str) -> bool:
    if not isinstance(content, bool):
        raise ValueError(f"{place} must be true or false")
    return content


def _list(content: Any, place: str) -> list[Any]:
    if not isinstance(content, list):
        raise ValueError(f"{place} must be a list")
    return [_typed(each, f"{place}[{index}]") for index, each in enumerate(content)]


def _map(content: Any, place: str) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise ValueError(f"{place} must be an object")
    return {name: _typed(each, f"{place}.{name}") for name, each in content.items()}


_CHECKS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "S": _text_of(_same),
    "N": _text_of(_number),
    "B": _text_of(_binary),
    "SS": _set_of(_same),
    "NS": _set_of(_number),
    "BS": _set_of(_binary),
    "BOOL": _boolean,
    "NULL": _boolean,
    "L": _list,
    "M": _map,
}
