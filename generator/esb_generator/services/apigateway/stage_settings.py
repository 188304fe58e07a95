"""Settings of stages that AWS enforces and the gateway does not: throttles, caches, canary releases.

"Throttle requests to your REST APIs", "Cache settings for REST APIs" and "Set up an API Gateway canary release
deployment" of the API Gateway guide. Throttles and quotas of usage plans are enforced.
"""

from collections.abc import Iterator

from esb_generator.resources.nodes import Node, flag
from esb_generator.resources.stack import Resource

_THROTTLES = ("ThrottlingRateLimit", "ThrottlingBurstLimit")
_NOT_THROTTLED = "requests are not throttled; only the throttles of usage plans are enforced, by API key"
_NOT_CACHED = "responses are not cached; each request reaches its integration"
_NO_CANARY = "there are no canary releases; all requests reach what the template deploys"


def warn_stage_settings(resource: Resource) -> None:
    """Report what a stage, or an API of SAM, sets without effect: each kind once, at its first place."""
    properties = resource.properties
    settings = list(_settings(properties))
    throttle = next((place for each in settings for place in _throttles(each)), None)
    cached = next((each for each in settings if each.read("CachingEnabled", flag)), None)
    for place, reason in (
        (throttle, _NOT_THROTTLED),
        (cached, _NOT_CACHED),
        (properties.get("CanarySetting"), _NO_CANARY),
    ):
        if place is not None:
            place.notice(f"{place.path}: {reason}")


def warn_route_settings(event: Node) -> None:
    """As `warn_stage_settings`, for the `RouteSettings` of an HttpApi event."""
    for place in list(_throttles(event.child("RouteSettings")))[:1]:
        place.notice(f"{place.path}: {_NOT_THROTTLED}")


def _settings(properties: Node) -> Iterator[Node]:
    """The settings for methods of a REST API, or for routes of an HTTP API."""
    yield from properties.items_of("MethodSettings")
    yield properties.child("DefaultRouteSettings")
    yield from (each for _, each in properties.entries_of("RouteSettings"))


def _throttles(settings: Node) -> Iterator[Node]:
    yield from filter(None, (settings.get(name) for name in _THROTTLES))
