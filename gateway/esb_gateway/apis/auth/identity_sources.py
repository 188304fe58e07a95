"""The identity of a caller: the values of an authorizer's identity sources. Pure."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from esb_gateway.apis.api_call import ApiCall
from esb_gateway.apis.events import Event, context_variables, query_values

Identity: TypeAlias = tuple[str, ...]

_HEADER: Final = "$request.header."
_QUERY: Final = "$request.querystring."
_STAGE: Final = "$stageVariables."
_CONTEXT: Final = "$context."


def identity_of(sources: tuple[str, ...], call: ApiCall) -> Identity | None:
    """The values of the identity sources; None if one is missing or empty."""
    by_context = any(source.startswith(_CONTEXT) for source in sources)
    variables = context_variables(call.request, call.match, call.context) if by_context else {}
    values = tuple(_value(source, call, variables) for source in sources)
    return None if not all(values) else tuple(value or "" for value in values)


def _value(source: str, call: ApiCall, variables: Event) -> str | None:
    if source.startswith(_HEADER):
        return call.request.lowered.get(source[len(_HEADER) :].lower())
    if source.startswith(_QUERY):
        # All of them: a result that is cached for one value must not apply to a request that has a second value, too.
        return ",".join(query_values(call.request.query).get(source[len(_QUERY) :], ()))
    if source.startswith(_STAGE):
        return call.match.route.api.stage_variables.get(source[len(_STAGE) :])
    if source.startswith(_CONTEXT):
        return _variable(source[len(_CONTEXT) :], variables)
    return None


def _variable(path: str, found: Any) -> str | None:
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return str(found) if isinstance(found, str | int) else None
