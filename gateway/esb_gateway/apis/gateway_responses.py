"""API Gateway's own responses, as an API changes them: "Gateway responses for REST APIs" in API Gateway's guide."""

from __future__ import annotations

import json
from collections.abc import Mapping

from esb_gateway.apis.api import Api
from esb_gateway.apis.api_types import FailureResponse
from esb_gateway.apis.events import RequestContext
from esb_gateway.apis.media import media_type
from esb_schemas.contract import filled
from esb_wire.http.messages import Headers, Request, Response


def build_failure(
    api: Api, failure: FailureResponse, request: Request, context: RequestContext, headers: Headers = ()
) -> Response:
    """The response of an API for a failure, with additional `headers`.

    The type DEFAULT_4XX or DEFAULT_5XX is for failures whose own type the API does not change.
    """
    response, changes = failure.response, api.gateway_responses
    change = changes.get(failure.type) or changes.get(f"DEFAULT_{response.status // 100}XX")
    if change is None:
        return response._replace(headers=(*response.headers, *headers)) if headers else response
    own, body = (*response.headers, *headers), response.body
    if change.templates:
        kind, template = _template(change.templates, request)
        own = _replaced(own, {"Content-Type": kind})
        body = filled(template, _variables(failure, context)).encode()
    return Response(change.status or response.status, _replaced(own, change.headers), body)


def _replaced(headers: Headers, others: Mapping[str, str]) -> Headers:
    """The headers, with others in the place of those that have the same names."""
    names = {name.lower() for name in others}
    return (*(item for item in headers if item[0].lower() not in names), *others.items())


def _template(templates: Mapping[str, str], request: Request) -> tuple[str, str]:
    """The media type that the client accepts, else JSON, else the first one; and its template."""
    accepted = media_type(request.lowered.get("accept"))
    kind = next((each for each in (accepted, "application/json") if each in templates), next(iter(templates)))
    return kind, templates[kind]


def _variables(failure: FailureResponse, context: RequestContext) -> dict[str, str]:
    """The values of `contract.RESPONSE_VARIABLES`."""
    return {
        "$context.error.message": failure.message or "",
        "$context.error.messageString": json.dumps(failure.message),
        "$context.error.responseType": failure.type,
        "$context.extendedRequestId": context.extended_request_id,
        "$context.requestId": context.request_id,
    }
