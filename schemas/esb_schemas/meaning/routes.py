"""What APIs and routes must mean: API Gateway's rules (developer guide, routes of HTTP APIs and proxy resources)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from esb_schemas.errors import Problem
from esb_schemas.meaning.entries import Check

DEFAULT_API: Final = "ServerlessHttpApi"

PARAMETER: Final = re.compile(r"\{([^{}/+]+)\+?\}")


def origin_with_credentials(api: Mapping[str, Any]) -> Iterator[Problem]:
    """With allow_credentials, allow_origins does not have *: browsers refuse the two together."""
    cors = api.get("cors", {})
    if cors.get("allow_credentials") and "*" in cors.get("allow_origins", ()):
        text = "browsers refuse credentials where allow_origins is '*'; list the origins"
        yield Problem(("cors", "allow_credentials"), text)


def parameters_are_whole_segments(route: Mapping[str, Any]) -> Iterator[Problem]:
    """In a path, braces stand around whole segments."""
    for segment in segments(route):
        if PARAMETER.fullmatch(segment) is None and ("{" in segment or "}" in segment):
            yield Problem(("path",), f"{segment!r} must be one whole parameter like '{{id}}', or have no braces")


def rest_of_path_last(route: Mapping[str, Any]) -> Iterator[Problem]:
    """In a path, {name+} is the last segment."""
    for segment in segments(route)[:-1]:
        if segment.endswith("+}"):
            yield Problem(("path",), f"{segment!r} takes the rest of a path, so it must be the last segment")


def own_parameter_names(route: Mapping[str, Any]) -> Iterator[Problem]:
    """In a path, no parameter's name is there twice."""
    names = [match[1] for match in map(PARAMETER.fullmatch, segments(route)) if match]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(("path",), f"the parameter {name!r} is there twice; give each its own name")


def segments(route: Mapping[str, Any]) -> list[str]:
    """What stands between the slashes of a route's path."""
    path: str = route["path"]
    return path.split("/")[1:]


def routes_of_rest_apis(document: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The routes whose API the file says to be a REST API, each with its index."""
    rest = {name for name, api in document.get("apis", {}).items() if api.get("type") == "REST"}
    for index, route in enumerate(document["routes"]):
        if route.get("api", DEFAULT_API) in rest:
            yield index, route


def payload_of_its_api(document: Mapping[str, Any]) -> Iterator[Problem]:
    """The payload of a REST API's route is 1.0."""
    for index, route in routes_of_rest_apis(document):
        if route.get("payload") == "2.0":
            yield Problem(("routes", index, "payload"), "must be '1.0': a REST API has no other event format")


def default_route_of_http_api(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Only an HTTP API has a $default route."""
    for index, route in routes_of_rest_apis(document):
        if route["path"] == "$default":
            yield Problem(("routes", index, "path"), "a REST API has no $default route; use '/{proxy+}' and ANY")


def served_once(document: Mapping[str, Any]) -> Iterator[Problem]:
    """No two routes of an API have the same method and path."""
    first: dict[tuple[str, str, str], int] = {}
    for index, route in enumerate(document["routes"]):
        request = (route.get("api", DEFAULT_API), route["method"], route["path"])
        if request in first:
            text = f"{route['method']} {route['path']} is already routes[{first[request]}] of {request[0]}; remove one"
            yield Problem(("routes", index), text)
        first.setdefault(request, index)


API_CHECKS: Final[tuple[Check, ...]] = (origin_with_credentials,)

ROUTE_CHECKS: Final[tuple[Check, ...]] = (parameters_are_whole_segments, rest_of_path_last, own_parameter_names)
