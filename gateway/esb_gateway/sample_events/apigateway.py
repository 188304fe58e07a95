"""Requests to APIs and function URLs, and what their authorizers get."""

from __future__ import annotations

import json
from math import inf
from typing import Any, Final

from esb_gateway.apis.api import Api, Integration, Route
from esb_gateway.apis.api_types import HTTP, REST, ApiType
from esb_gateway.apis.auth.authorizer_results import authorizer_event
from esb_gateway.apis.auth.policies import method_arn
from esb_gateway.apis.events import RequestContext, build_event, build_url_event
from esb_gateway.apis.function_urls import FunctionUrl, UrlMatch, UrlTable
from esb_gateway.apis.route_auth import LambdaAuthorizer
from esb_gateway.apis.routing import Match, Router
from esb_gateway.errors import ConfigurationError
from esb_gateway.sample_events.sample import Given
from esb_schemas.contract import Payload
from esb_schemas.partitions import partition_of
from esb_wire.http.messages import Request, lower

_API_ID: Final = "MyApi"
_BODY: Final = '{"hello": "world"}'
_HEADERS: Final = (("Host", "127.0.0.1:8080"), ("User-Agent", "curl/8.5.0"), ("Accept", "*/*"))


def rest(given: Given) -> bytes:
    return _proxy(given, REST, "1.0")


def http(given: Given) -> bytes:
    return _proxy(given, HTTP, "2.0")


def http_v1(given: Given) -> bytes:
    return _proxy(given, HTTP, "1.0")


def function_url(given: Given) -> bytes:
    url = FunctionUrl(given["function"], given.arn("lambda", f"function:{given['function']}"), signed=False)
    request = _request(given, ("Host", f"{given['function']}.lambda-url.localhost"))
    matched = UrlTable([url]).match(request)
    if not isinstance(matched, UrlMatch):
        raise ConfigurationError(f"--function {given['function']}: not the name of a function.")
    return _dump(build_url_event(request, matched.match, _context(given), access_key=None))


def token_authorizer(given: Given) -> bytes:
    return _authorizer(given, REST, "1.0", is_token=True)


def request_authorizer(given: Given) -> bytes:
    return _authorizer(given, REST, "1.0")


def http_authorizer(given: Given) -> bytes:
    return _authorizer(given, HTTP, "2.0")


def http_authorizer_v1(given: Given) -> bytes:
    return _authorizer(given, HTTP, "1.0")


def _proxy(given: Given, api_type: ApiType, payload: Payload) -> bytes:
    request = _request(given)
    return _dump(build_event(request, _match(given, request, api_type, payload), _context(given)))


def _authorizer(given: Given, api_type: ApiType, payload: Payload, *, is_token: bool = False) -> bytes:
    token = given["token"]
    request = _request(given, ("Authorization", token))
    match = _match(given, request, api_type, payload)
    api_arn = given.arn("execute-api", _API_ID)
    arn = method_arn(api_arn, match.route.api.stage, request.method, match.path)
    authorizer = LambdaAuthorizer(
        name="MyAuthorizer",
        function="my-authorizer",
        is_token=is_token,
        payload=payload,
        simple=payload == "2.0",
        sources=(),
        validation=None,
        ttl=0,
    )
    event = build_event(request, match, _context(given))
    return _dump(authorizer_event(authorizer, api_type, arn, (token,), event))


def _match(given: Given, request: Request, api_type: ApiType, payload: Payload) -> Match:
    """The route that the request has. Raises ConfigurationError if the path is not one of it."""
    api = Api(_API_ID, api_type, stage=given["stage"])
    path = given.options.get("resource") or request.path
    if not path.startswith("/"):
        raise ConfigurationError(f"--resource {path}: not a route; write it as /orders/{{id}}.")
    found = Router([api], [Route(api, request.method, path, payload, inf, Integration())]).match(
        request.method, request.path
    )
    if not isinstance(found, Match):
        raise ConfigurationError(f"--path {request.path}: the route {path} has no such path; change one of them.")
    return found


def _request(given: Given, *more: tuple[str, str]) -> Request:
    path, _, query = given["path"].partition("?")
    if not path.startswith("/"):
        raise ConfigurationError(f"--path {given['path']}: not a path; write it as /orders/42?detail=full.")
    body = _body(given).encode()
    types = (("Content-Type", "application/json"),) if body else ()
    own = tuple(_pair(text) for text in given.options.get("header", ()))
    replaced = {name.lower() for name, _ in (*own, *more)}
    defaults = tuple(header for header in (*_HEADERS, *types) if header[0].lower() not in replaced)
    headers = (*defaults, *more, *own)
    return Request(given["method"], path, query, headers, lower(headers), body, "127.0.0.1")


def _body(given: Given) -> str:
    if "body" not in given.options:  # an authorizer gets none
        return ""
    body: str | None = given["body"]
    return body if body is not None else _BODY if given["method"] in ("POST", "PUT", "PATCH") else ""


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise ConfigurationError(f"--header {text}: not a header; write it as Content-Type=text/plain.")
    return name, value


def _context(given: Given) -> RequestContext:
    identifiers = given.identifiers
    return RequestContext(
        account_id=given.account,
        partition=partition_of(given.region),
        request_id=identifiers.request_id(),
        extended_request_id=identifiers.extended_request_id(),
        trace_id=identifiers.trace(None, given.now),
        time=given.now,
    )


def _dump(event: dict[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode()
