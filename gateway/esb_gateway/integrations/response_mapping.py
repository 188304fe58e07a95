"""A service's response as an integration changes it: "Transform API requests and responses for HTTP APIs". Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from esb_gateway.apis.responses import InvalidResponse
from esb_gateway.integrations.parameter_mapping import UnresolvedError, Values, resolve
from esb_schemas.service_integrations.response_parameters import Change, is_status
from esb_wire.http.messages import Headers, Response

Changes: TypeAlias = Mapping[int, Sequence[Change]]  # by the status of the service's response


def changed(response: Response, changes: Sequence[Change], values: Values) -> Response:
    """The response with changes; one whose value the response does not have is left out. Raises InvalidResponse."""
    status, headers = response.status, response.headers
    for change in changes:
        try:
            value = "" if change.action == "remove" else resolve(change.value, values)
        except UnresolvedError:
            continue
        if change.header is None:
            status = _status(value)
        else:
            headers = _headers(headers, change, change.header, value)
    return response._replace(status=status, headers=headers)


def _status(value: str) -> int:
    if not is_status(value):
        raise InvalidResponse(f"overwrite:statuscode gives {value!r}")
    return int(value)


def _headers(headers: Headers, change: Change, name: str, value: str) -> Headers:
    if any(character in value for character in "\r\n\0"):
        raise InvalidResponse(f"the value for the header {name} is not a line of text")
    kept = headers if change.action == "append" else tuple(each for each in headers if each[0].lower() != name.lower())
    return kept if change.action == "remove" else (*kept, (name, value))
