"""Mapping expressions with the values of a request, and of a service's response. Pure.

"Create AWS service integrations for HTTP APIs" and "Transform API requests and responses for HTTP APIs" in API
Gateway's guide.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeAlias
from urllib.parse import unquote

from esb_gateway.apis.api_call import ApiCall
from esb_gateway.apis.events import Event, context_variables, query_values
from esb_schemas.service_integrations.expressions import Expression, Selection
from esb_wire.http.messages import Response, lower

MAX_SELECTED_BODY: Final = 100 * 1024  # bytes, after which AWS cuts a body before it applies a JSON path
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

Values: TypeAlias = Callable[[Selection], str]  # raises UnresolvedError


class UnresolvedError(Exception):
    """A request or a response has no value for a selection, whose text this is."""


def resolve(expression: Expression, values: Values) -> str:
    """The text of an expression. Raises UnresolvedError."""
    return "".join(part if isinstance(part, str) else values(part) for part in expression)


class RequestValues:
    """The values of a request."""

    def __init__(self, call: ApiCall) -> None:
        self._call = call

    def __call__(self, selection: Selection) -> str:
        found = self._find(selection)
        if not found:
            raise UnresolvedError(selection.text)
        return found

    def _find(self, selection: Selection) -> str | None:
        request, match = self._call.request, self._call.match
        match selection.source:
            case "request.body" if selection.steps:
                return _selected(self._document, selection)
            case "request.body":
                return _decoded(request.body)
            case "request.header":
                return request.lowered.get(selection.name.lower())
            case "request.querystring":
                return ",".join(query_values(request.query).get(selection.name, ()))
            case "request.path" if selection.steps:
                return match.path_parameters.get(selection.name)
            case "request.path":
                return unquote(match.path)
            case "context":
                return _selected(self._context, selection)
            case "stageVariables":
                return match.route.api.stage_variables.get(selection.name)
            case _:
                return None

    @cached_property
    def _document(self) -> Any:
        return _parsed(self._call.request.body)

    @cached_property
    def _context(self) -> Event:
        call = self._call
        return context_variables(call.request, call.match, call.context, call.principal)


@dataclass(frozen=True)
class ResponseValues:
    """The values of a response, and those of its request that do not depend on the request's parts."""

    response: Response
    request: RequestValues

    def __call__(self, selection: Selection) -> str:
        match selection.source:
            case "response.body" if selection.steps:
                found = _selected(self._document, selection)
            case "response.body":
                found = _decoded(self.response.body)
            case "response.header":
                found = self._headers.get(selection.name.lower())
            case _:
                return self.request(selection)
        if not found:
            raise UnresolvedError(selection.text)
        return found

    @cached_property
    def _document(self) -> Any:
        return _parsed(self.response.body)

    @cached_property
    def _headers(self) -> dict[str, str]:
        return lower(self.response.headers)


def _parsed(body: bytes) -> Any:
    """The JSON document of a body, None if it is none."""
    try:
        return json.loads(body[:MAX_SELECTED_BODY])
    except (ValueError, RecursionError):
        return None


def _decoded(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _selected(document: Any, selection: Selection) -> str | None:
    """The value under the steps of a JSON path: a text as it is, anything else as JSON; None if there is none."""
    found = document
    for step in selection.steps:
        match found, step:
            case dict(), str() if step in found:
                found = found[step]
            case list(), int() if step < len(found):
                found = found[step]
            case _:
                return None
    if found is None or isinstance(found, str):
        return found
    return _ENCODER.encode(found)
