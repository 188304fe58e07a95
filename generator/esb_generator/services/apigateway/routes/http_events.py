"""Api and HttpApi events of functions, which define routes."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from esb_generator.resources.nodes import Dropped, Node, check_keys, integer, names, one_of, text
from esb_generator.resources.stack import Event, Resource, Stack
from esb_generator.services.apigateway.routes.methods import DEFAULT, ApiType, http_path, method, path, path_of
from esb_generator.services.apigateway.stage_settings import warn_route_settings
from esb_generator.values import Mark

TIMEOUT = integer(50, 900_000)  # milliseconds
_API = {
    **names("Auth Method Path RequestModel RequestParameters RestApiId Stage TimeoutInMillis"),
    "ResponseTransferMode": Dropped("answers are not streamed; they are sent when they are whole"),
}
_HTTP_API = names("ApiId Auth Method Path PayloadFormatVersion RouteSettings Stage TimeoutInMillis")


class HttpEvent(NamedTuple):
    """An Api or HttpApi event; `api` is its reference to an API, None for the implicit one."""

    type: ApiType
    api: str | None
    api_mark: Mark
    path: str
    method: str
    payload: Literal["1.0", "2.0"]
    timeout_in_millis: int | None
    auth: Node | None
    node: Node
    function: Resource


def http_events(stack: Stack) -> list[HttpEvent]:
    """All of them, in template order."""
    return [_rest(event) if event.type == "Api" else _http(event) for event in stack.events("Api", "HttpApi")]


def lost_route(properties: Node) -> Iterator[str]:
    """The description of the route that is missing without the event."""
    if properties.value:
        yield f"its route {properties.read('Method', method) or 'ANY'} {properties.read('Path', path)} is left out"


def _rest(event: Event) -> HttpEvent:
    node = event.properties
    check_keys(node, _API)
    return HttpEvent(
        type="REST",
        api=node.read("RestApiId", text),
        api_mark=node.value_mark("RestApiId"),
        path=path_of("REST", node.need("Path", path) or "/"),
        method=node.need("Method", method) or "ANY",
        payload="1.0",
        timeout_in_millis=node.read("TimeoutInMillis", TIMEOUT),
        auth=node.get("Auth"),
        node=node,
        function=event.owner,
    )


def _http(event: Event) -> HttpEvent:
    """Without Path and Method, it is the API's $default route."""
    node = event.properties
    check_keys(node, _HTTP_API)
    warn_route_settings(node)
    said = node.read("Path", http_path)
    if said is None and node.has("Method"):
        node.problem("has a Method without a Path; add the Path")
    return HttpEvent(
        type="HTTP",
        api=node.read("ApiId", text),
        api_mark=node.value_mark("ApiId"),
        path=said or DEFAULT,
        method=node.read("Method", method) or "ANY",
        payload=node.read("PayloadFormatVersion", one_of("1.0", "2.0")) or "2.0",
        timeout_in_millis=node.read("TimeoutInMillis", TIMEOUT),
        auth=node.get("Auth"),
        node=node,
        function=event.owner,
    )
