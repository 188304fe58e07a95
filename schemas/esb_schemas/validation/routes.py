"""Rules of APIs and routes (API Gateway Developer Guide: routes for HTTP APIs, proxy resources)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from esb_schemas.contract import DEFAULT_API, RESPONSE_VARIABLES, BodySchema, unknown_variables
from esb_schemas.documents.checks import Check
from esb_schemas.errors import DocumentPath, Problem
from esb_schemas.lazy_pattern import LazyPattern
from esb_schemas.request_bodies.validation import load_body_schemas

# The keys that only this type of integration has; the first is required.
INTEGRATION_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "MOCK": ("status", "body"),
    "HTTP_PROXY": ("uri", "method"),
    "AWS_PROXY": ("subtype", "request_parameters", "response_parameters"),
}

PARAMETER: Final = LazyPattern(r"\{([^{}/+]+)\+?\}")


def origin_with_credentials(api: Mapping[str, Any]) -> Iterator[Problem]:
    """With allow_credentials, allow_origins does not contain *: browsers refuse this."""
    cors = api.get("cors", {})
    if cors.get("allow_credentials") and "*" in cors.get("allow_origins", ()):
        text = "browsers refuse credentials if allow_origins contains '*'; list the origins"
        yield Problem(("cors", "allow_credentials"), text)


def whole_segments(route: Mapping[str, Any]) -> Iterator[Problem]:
    """A parameter of a path is a whole segment."""
    for segment in segments(route):
        if PARAMETER.fullmatch(segment) is None and ("{" in segment or "}" in segment):
            yield Problem(("path",), f"{segment!r} must be a whole parameter, like '{{id}}', or have no braces")


def rest_of_path_last(route: Mapping[str, Any]) -> Iterator[Problem]:
    """{name+} is the last segment of a path."""
    for segment in segments(route)[:-1]:
        if segment.endswith("+}"):
            yield Problem(("path",), f"{segment!r} matches the rest of a path, so it must be the last segment")


def unique_parameters(route: Mapping[str, Any]) -> Iterator[Problem]:
    """The parameters of a path have different names."""
    names = [match[1] for match in map(PARAMETER.fullmatch, segments(route)) if match]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(("path",), f"the parameter {name!r} is there twice; rename one")


def function_or_integration(route: Mapping[str, Any]) -> Iterator[Problem]:
    """A route has either a function or an integration."""
    if "function" not in route and "integration" not in route:
        yield Problem((), "a route needs 'function' or 'integration'")
    elif "function" in route and "integration" in route:
        yield Problem(("integration",), "a route has a function or an integration; remove one")


def complete_integration(route: Mapping[str, Any]) -> Iterator[Problem]:
    """Each type of integration has its own keys: MOCK has status, HTTP_PROXY uri, AWS_PROXY subtype."""
    integration = route.get("integration")
    if integration is None:
        return
    for type_, keys in INTEGRATION_KEYS.items():
        if integration["type"] == type_ and keys[0] not in integration:
            yield Problem(("integration",), f"an integration of type {type_} needs {keys[0]!r}")
        for key in keys:
            if integration["type"] != type_ and key in integration:
                yield Problem(("integration", key), f"only an integration of type {type_} has this key")
    if integration["type"] == "AWS_PROXY" and "headers" in integration:
        yield Problem(("integration", "headers"), "an integration of type AWS_PROXY does not have this key")


def service_parameters(route: Mapping[str, Any]) -> Iterator[Problem]:
    """A call of a service has the parameters of its subtype, with valid expressions."""
    integration = route.get("integration", {})
    if integration.get("type") != "AWS_PROXY" or "subtype" not in integration:
        return
    # Imported here: each build and each program of the stack reads routing.yml, and few have such routes.
    from esb_schemas.service_integrations.rules import request_problems, response_problems  # noqa: PLC0415

    given, changes = integration.get("request_parameters", {}), integration.get("response_parameters", {})
    for problem in request_problems(integration["subtype"], given, route["path"]):
        yield Problem(("integration", "request_parameters", *problem.path), problem.text)
    for problem in response_problems(changes):
        yield Problem(("integration", "response_parameters", *problem.path), problem.text)
    if route.get("payload") == "2.0":
        yield Problem(("payload",), "must be '1.0': API Gateway has no other format for calls of a service")


def uri_parameters(route: Mapping[str, Any]) -> Iterator[Problem]:
    """The parameters in an integration's uri are in the route's path."""
    uri = route.get("integration", {}).get("uri", "")
    own = {match[1] for match in map(PARAMETER.fullmatch, segments(route)) if match}
    for name in re.findall(r"\{([^{}]*)\}", uri):
        if name not in own:
            yield Problem(("integration", "uri"), f"the path {route['path']} has no parameter {name!r}")


def segments(route: Mapping[str, Any]) -> list[str]:
    """The segments of a route's path."""
    path: str = route["path"]
    return path.split("/")[1:]


def routes_of_rest_apis(document: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The routes of REST APIs, with their indexes."""
    rest = {name for name, api in document.get("apis", {}).items() if api.get("type") == "REST"}
    for index, route in enumerate(document["routes"]):
        if route.get("api", DEFAULT_API) in rest:
            yield index, route


def payload_of_api(document: Mapping[str, Any]) -> Iterator[Problem]:
    """The payload of a REST API's route is 1.0."""
    for index, route in routes_of_rest_apis(document):
        if route.get("payload") == "2.0":
            yield Problem(("routes", index, "payload"), "must be '1.0': a REST API has no other event format")


def default_route(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Only an HTTP API has a $default route."""
    for index, route in routes_of_rest_apis(document):
        if route["path"] == "$default":
            yield Problem(("routes", index, "path"), "a REST API has no $default route; use '/{proxy+}' and ANY")


def only_http_apis(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Only HTTP APIs call services without a function."""
    for index, route in routes_of_rest_apis(document):
        if route.get("integration", {}).get("type") == "AWS_PROXY":
            yield Problem(("routes", index, "integration", "type"), "only an HTTP API has AWS_PROXY; name a function")


def only_rest_apis(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Only REST APIs validate requests and have gateway responses."""
    for name, api in document.get("apis", {}).items():
        for key in ("models", "gateway_responses"):
            if key in api and api.get("type") != "REST":
                yield Problem(("apis", name, key), "only a REST API can have this key")
    rest = {index for index, _ in routes_of_rest_apis(document)}
    for index, route in enumerate(document["routes"]):
        if "validation" in route and index not in rest:
            yield Problem(("routes", index, "validation"), "only a REST API validates requests")


def valid_schemas(document: Mapping[str, Any]) -> Iterator[Problem]:
    """A schema of bodies is valid in JSON Schema draft 4; its references are to models or within the schema."""
    found = list(body_schemas_of(document))
    if found:
        problems = load_body_schemas().problems
        for path, schema, models in found:
            yield from (Problem((*path, *each.path), each.text) for each in problems(schema, models))


def body_schemas_of(document: Mapping[str, Any]) -> Iterator[tuple[DocumentPath, BodySchema, Mapping[str, BodySchema]]]:
    """The path of each schema of bodies, the schema, and the models of its API."""
    apis = document.get("apis", {})
    for name, api in apis.items():
        models = api.get("models", {})
        yield from ((("apis", name, "models", each), schema, models) for each, schema in models.items())
    for index, route in enumerate(document["routes"]):
        models = apis.get(route.get("api", DEFAULT_API), {}).get("models", {})
        for kind, schema in route.get("validation", {}).get("bodies", {}).items():
            yield ("routes", index, "validation", "bodies", kind), schema, models


def known_variables(api: Mapping[str, Any]) -> Iterator[Problem]:
    """A template of a gateway response has supported variables only."""
    for type_, response in api.get("gateway_responses", {}).items():
        for kind, template in response.get("templates", {}).items():
            for variable in unknown_variables(template):
                text = f"the variable {variable} is not supported; use one of {', '.join(RESPONSE_VARIABLES)}"
                yield Problem(("gateway_responses", type_, "templates", kind), text)


def unique_routes(document: Mapping[str, Any]) -> Iterator[Problem]:
    """The routes of an API have different methods or paths."""
    first: dict[tuple[str, str, str], int] = {}
    for index, route in enumerate(document["routes"]):
        request = (route.get("api", DEFAULT_API), route["method"], route["path"])
        if request in first:
            text = f"{route['method']} {route['path']} is already routes[{first[request]}] of {request[0]}; remove one"
            yield Problem(("routes", index), text)
        first.setdefault(request, index)


API_CHECKS: Final[tuple[Check, ...]] = (origin_with_credentials, known_variables)

ROUTE_CHECKS: Final[tuple[Check, ...]] = (
    whole_segments,
    rest_of_path_last,
    unique_parameters,
    function_or_integration,
    complete_integration,
    uri_parameters,
    service_parameters,
)

ROUTING_CHECKS: Final[tuple[Check, ...]] = (
    payload_of_api,
    default_route,
    unique_routes,
    only_http_apis,
    only_rest_apis,
    valid_schemas,
)
