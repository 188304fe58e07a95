"""The parameters of an integration with a service, as the service's API has them. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from esb_gateway.integrations.parameter_mapping import Values, resolve
from esb_schemas.lazy_pattern import LazyPattern
from esb_schemas.service_integrations.expressions import Expression, parse
from esb_schemas.service_integrations.subtypes import LISTS, OBJECTS

Template: TypeAlias = Expression | dict[str, Any]
"""A text, or a JSON object whose texts are expressions. So the value of a selection never becomes a part of the
document's structure: a client could add attributes otherwise.
"""

# The names under which SQS's Query API, version 2012-11-05, has lists and maps.
_FLAT: Final = {
    "AttributeNames": "AttributeName",
    "MessageAttributeNames": "MessageAttributeName",
    "MessageAttributes": "MessageAttribute",
    "MessageSystemAttributes": "MessageSystemAttribute",
}


_NUMBER: Final = LazyPattern(r"[0-9]{1,12}(\.[0-9]{1,9})?")


class InvalidParameterError(Exception):
    """A parameter has a value that the service's API has no form for; the text says which and why."""


def compile_parameter(name: str, value: str) -> Template:
    """The template of a parameter's valid text."""
    if name in OBJECTS and value.lstrip().startswith("{"):
        attributes: dict[str, Any] = _compiled(json.loads(value))
        return attributes
    return parse(value)


def _compiled(value: Any) -> Any:
    match value:
        case str():
            return parse(value)
        case dict():
            return {name: _compiled(each) for name, each in value.items()}
        case list():
            return [_compiled(each) for each in value]
        case _:
            return value


def fill(name: str, template: Template, values: Values) -> Any:
    """The value of a parameter: text, or what OBJECTS and LISTS say. Raises UnresolvedError, InvalidParameterError."""
    filled = _filled(template, values)
    if name in OBJECTS:
        return filled if isinstance(filled, dict) else _document(name, filled)
    return _texts(filled) if name in LISTS else filled


def check_text(value: Any) -> None:
    """Raises InvalidParameterError for a text that is not Unicode: JSON can name a half of a character, `"\\ud800"`."""
    match value:
        case str():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise InvalidParameterError("a parameter has half of a surrogate pair, which is no character") from None
        case dict():
            check_text([*value, *value.values()])
        case list():
            for each in value:
                check_text(each)


def _filled(template: Any, values: Values) -> Any:
    match template:
        case tuple():
            return resolve(template, values)
        case dict():
            return {name: _filled(each, values) for name, each in template.items()}
        case list():
            return [_filled(each, values) for each in template]
        case _:
            return template


def _document(name: str, text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise InvalidParameterError(f"{name} is not a JSON object")
    return document


def _texts(text: str) -> list[str]:
    """A JSON list of texts; any other text has commas between them."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, list) and all(isinstance(each, str) for each in found):
        return found
    return [each.strip() for each in text.split(",") if each.strip()]


def sqs_form(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The form of a request in SQS's Query protocol. Raises InvalidParameterError."""
    form: dict[str, str] = {}
    for name, value in parameters.items():
        flat = _FLAT.get(name, name)
        if name in OBJECTS:
            form |= dict(_attributes(name, flat, value))
        elif name in LISTS:
            form |= {f"{flat}.{number}": each for number, each in enumerate(value, 1)}
        else:
            form[flat] = value
    return form


def _attributes(name: str, flat: str, attributes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for number, (attribute, value) in enumerate(attributes.items(), 1):
        if not isinstance(value, dict) or any(isinstance(each, dict | list | None) for each in value.values()):
            raise InvalidParameterError(f"{name}.{attribute} is not an object with DataType and StringValue")
        yield f"{flat}.{number}.Name", attribute
        for key, each in value.items():
            text = each if isinstance(each, str) else json.dumps(each)
            yield f"{flat}.{number}.Value.{key}", text


def put_events(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a PutEvents request with one entry. Raises InvalidParameterError."""
    entry = dict(parameters)
    if "Time" in entry:
        entry["Time"] = _seconds(entry["Time"])
    return {"Entries": [entry]}


def _seconds(text: str) -> float:
    """Seconds since 1970, of such a number or of a time in ISO 8601; one without an offset is in UTC."""
    if _NUMBER.fullmatch(text):
        return float(text)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidParameterError(f"Time is not a time: {text!r}") from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
