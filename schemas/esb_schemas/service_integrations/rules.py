"""Rules of AWS service integrations."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from esb_schemas.errors import Problem
from esb_schemas.lazy_pattern import LazyPattern
from esb_schemas.near_miss import near_miss
from esb_schemas.service_integrations.expressions import Expression, InvalidExpression, Selection, parse, selections
from esb_schemas.service_integrations.response_parameters import is_status, parse_changes
from esb_schemas.service_integrations.subtypes import OBJECTS, SUBTYPES

_PARAMETER: Final = LazyPattern(r"\{([^{}/+]+)\+?\}")


def request_problems(subtype: str, parameters: Mapping[str, str], path: str) -> Iterator[Problem]:
    """The problems of the parameters of a known subtype, on a route with this path."""
    row = SUBTYPES[subtype]
    for name in row.required:
        if name not in parameters:
            yield Problem((), f"{subtype} needs {name!r}")
    for name, value in parameters.items():
        if name not in row.parameters:
            near = near_miss(name, row.parameters)
            yield Problem((name,), f"{subtype} has no such parameter" + (f"; did you mean {near}?" if near else ""))
            continue
        try:
            expression = parse(value)
        except InvalidExpression as error:
            yield Problem((name,), str(error))
            continue
        yield from (Problem((name,), text) for text in _value_problems(name, value, expression, path))


def response_problems(parameters: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    """The problems of response parameters, by status."""
    for status, changes in parameters.items():
        if not is_status(status):
            yield Problem((status,), f"must be a status from 200 to 599, not {status!r}")
        for key, value in changes.items():
            try:
                parse_changes({key: value})
            except InvalidExpression as error:
                yield Problem((status, key), str(error))


def _value_problems(name: str, value: str, expression: Expression, path: str) -> Iterator[str]:
    if not value:
        yield "must not be empty"
    own = set(_PARAMETER.findall(path))
    for selection in selections(expression):
        if selection.source == "request.path" and selection.name and selection.name not in own:
            yield f"the path {path} has no parameter {selection.name!r}"
    if name in OBJECTS and not (len(expression) == 1 and isinstance(expression[0], Selection)):
        try:
            is_object = isinstance(json.loads(value), dict)
        except ValueError:
            is_object = False
        if not is_object:
            yield "must be a JSON object, or a selection of one, such as $request.body.attributes"
