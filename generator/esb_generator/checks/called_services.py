"""Checks that the queue or bus of each AWS service integration is in the stack."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from esb_generator.model import Application, Marked, ResourceEntry
from esb_generator.resources.stack import Stack
from esb_schemas.contract import Route, ServiceCall
from esb_schemas.partitions import arn_of
from esb_schemas.sections.eventbridge import DEFAULT_BUS

_DYNAMIC: Final = "$"  # the request says which one


def drop_unavailable_calls(application: Application, stack: Stack) -> Application:
    """The application without routes whose queue or bus is not in the stack; each is reported."""
    kept = tuple(route for route in application.routes if not _is_unavailable(application, stack, route))
    return application if len(kept) == len(application.routes) else application._replace(routes=kept)


def _is_unavailable(application: Application, stack: Stack, marked: Marked[Route]) -> bool:
    route, mark = marked
    reason = _reason(application, route.integration) if isinstance(route.integration, ServiceCall) else ""
    if reason:
        shown = route.path if route.path.startswith("$") else f"{route.method} {route.path}"
        stack.resources[route.api]._replace(mark=mark).notice(f"route {shown} of {route.api} {reason}: it is left out")
    return bool(reason)


def _reason(application: Application, call: ServiceCall) -> str:
    parameters = call.request_parameters
    if call.subtype.startswith("SQS-"):
        url = parameters["QueueUrl"]
        return (
            ""
            if _is_queue(application, url)
            else f"calls {call.subtype} for {url}, which is not a queue of this template"
        )
    buses = application.resources.get("EventBridge", ())
    if not buses:
        return f"calls {call.subtype}, and no rule of the template would get the event; add one, or remove the route"
    name = parameters.get("EventBusName", DEFAULT_BUS)
    return (
        ""
        if _is_bus(application, buses, name)
        else f"calls {call.subtype} for {name}, which is not a bus of this template"
    )


def _is_queue(application: Application, url: str) -> bool:
    """Whether a URL is that of a queue, whatever its host; true for a URL that depends on the request."""
    known = [f"/{application.account_id}/{queue.name}" for queue in application.resources.get("SQS", ())]
    return bool(known) and (_DYNAMIC in url or any(url.endswith(each) for each in known))


def _is_bus(application: Application, buses: Iterable[ResourceEntry], name: str) -> bool:
    for known in (DEFAULT_BUS, *(bus.name for bus in buses)):
        arn = arn_of("events", application.region, application.account_id, f"event-bus/{known}")
        if name in (known, arn):
            return True
    return _DYNAMIC in name
