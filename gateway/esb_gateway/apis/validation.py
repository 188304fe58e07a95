"""Checks requests before an integration gets them: "Request validation for REST APIs" in API Gateway's guide.

A required parameter must be there and not be blank. A body is checked by the schema of its media type, JSON if it has
none; without a schema it is not checked, and an empty one counts as {}.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from esb_gateway.apis.api import Validation
from esb_gateway.apis.api_call import ApiCall, Rejected
from esb_gateway.apis.api_types import Failure, rest_failure
from esb_gateway.apis.events import query_values
from esb_gateway.apis.media import media_type
from esb_schemas import contract
from esb_schemas.bounded_pattern import PatternTooSlow
from esb_schemas.request_bodies.validation import BodyValidator, load_body_schemas
from esb_wire.offload import LARGE, Offload, Overloaded

_DEFAULT: Final = "$default"
_INVALID_BODY: Final = rest_failure(400, "BadRequestException", "Invalid request body", "BAD_REQUEST_BODY")
# A body of this size takes 3 ms. There is one thread, so that the event loop gets half of the time at least.
_MOST_ON_THE_LOOP: Final = 4096
_THREAD: Final = ThreadPoolExecutor(1, "body-validation")


def compile_validation(
    entry: contract.Validation | None, models: Mapping[str, contract.BodySchema]
) -> Validation | None:
    """The validation of a route of an API with these models; None if nothing is checked."""
    if entry is None or not (entry.parameters or entry.bodies):
        return None
    found = sorted((place, name) for place, _, name in (each.partition(".") for each in entry.parameters))
    return Validation(tuple(found), _validators(entry.bodies, models) if entry.bodies else {})


def _validators(
    bodies: Mapping[str, contract.BodySchema], models: Mapping[str, contract.BodySchema]
) -> dict[str, BodyValidator]:
    validator = load_body_schemas().validator
    return {media_type(kind): validator(schema, models) for kind, schema in bodies.items()}


async def validate(call: ApiCall, validation: Validation, offload: Offload) -> None:
    """Raises Rejected for a request that is not valid."""
    if missing := _missing(call, validation):
        text = f"Missing required request parameters: [{', '.join(missing)}]"
        raise Rejected(call.failure(rest_failure(400, "BadRequestException", text, "BAD_REQUEST_PARAMETERS")))
    kind = media_type(call.request.lowered.get("content-type")) or "application/json"
    validator = validation.bodies.get(kind) or validation.bodies.get(_DEFAULT)
    if validator is None:
        return
    body = call.request.body
    try:
        if len(body) <= _MOST_ON_THE_LOOP and not validator.has_patterns:
            is_valid = _is_valid(validator, body)
        elif len(body) > LARGE:
            is_valid = await offload.read(len(body), _is_valid, validator, body)
        else:
            is_valid = await asyncio.get_running_loop().run_in_executor(_THREAD, _is_valid, validator, body)
    except PatternTooSlow as error:
        call.telemetry.log("gateway", "ERROR", {"message": f"{call.request.method} {call.request.path}: {error}"})
        is_valid = False
    except Overloaded as overloaded:
        raise Rejected(call.failure(Failure.UNAVAILABLE)) from overloaded
    if not is_valid:
        raise Rejected(call.failure(_INVALID_BODY))


def _missing(call: ApiCall, validation: Validation) -> list[str]:
    """The names of required parameters that the request does not have."""
    if not validation.parameters:
        return []
    query = query_values(call.request.query)

    def has(place: str, name: str) -> bool:
        match place:
            case "header":
                return bool(call.request.lowered.get(name.lower()))
            case "path":
                return bool(call.match.path_parameters.get(name))
            case _:
                return any(query.get(name, ()))

    return [name for place, name in validation.parameters if not has(place, name)]


def _is_valid(validator: BodyValidator, body: bytes) -> bool:
    try:
        return validator.is_valid(json.loads(body or b"{}", parse_constant=_not_json))
    except (ValueError, RecursionError):
        return False


def _not_json(constant: str) -> None:
    raise ValueError(constant)
