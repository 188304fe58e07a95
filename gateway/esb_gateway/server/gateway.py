"""What happens to a request. Knows no server and no socket.

`handle` looks at the path: `/2015-03-31/functions/` is the Invoke API, `/_esb/` is the gateway's own. A function URL
has a host or a path of its own (urls.py), and all the rest are the APIs' routes. Each way ends in exactly one call of
`respond`, now or when the function has answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from esb_gateway.admin.events_api import PATH as EVENTS
from esb_gateway.admin.events_api import Events, EventsApi
from esb_gateway.apis.auth.issuing import key_sets
from esb_gateway.apis.function_urls import UrlTable
from esb_gateway.apis.route_api import RouteApi
from esb_gateway.apis.url_api import UrlApi
from esb_gateway.config import Configuration
from esb_gateway.dependencies import Readiness, Surroundings
from esb_gateway.invocation import Invoker
from esb_gateway.lambda_api import invoke
from esb_gateway.lambda_api.invoke_api import InvokeApi
from esb_gateway.server.defects import Defects
from esb_wire.http.messages import Request, Respond, Response, json_response

OWN_PREFIX = "/_esb/"
_KEY_SETS = "jwks/"

Page: TypeAlias = Callable[[Request], Response]


class Gateway:
    """Answers requests."""

    def __init__(
        self,
        configuration: Configuration,
        invoker: Invoker,
        events: Events,
        surroundings: Surroundings,
        pages: Mapping[str, Page] = MappingProxyType({}),
    ) -> None:
        """`pages` are further answers of the gateway's own, by the name that follows `/_esb/`."""
        self._defects = Defects(surroundings.log)
        self._invoker = self._defects.invoker(invoker)
        self._events = self._defects.acceptor(events)
        self._around = self._defects.surroundings(surroundings)
        self._pages = pages
        self._events_api = EventsApi(events, surroundings)
        self.configure(configuration)

    def configure(self, configuration: Configuration) -> None:
        """Answer by this configuration from now on; what is being answered ends by the one that it began with.

        Whatever is made of a configuration is made here. What has state is made once and passed in, or takes the new
        configuration itself: see `serving.Running`.
        """
        self._invoke_api = InvokeApi(configuration, self._invoker, self._events, self._around)
        self._route_api = RouteApi(configuration, self._invoker, self._around)
        self._url_api = UrlApi(configuration, self._invoker, self._around)
        self._urls = UrlTable(configuration.urls)
        self._key_sets = key_sets(configuration, self._around.trust.secret)

    def handle(self, request: Request, respond: Respond) -> None:
        """Answer a request by calling `respond` once. Never raises: a defect becomes a 500 and a log line."""
        self._defects.handle(request, respond, self._answer)

    def _answer(self, request: Request, respond: Respond) -> None:
        if invoke.is_invoke(request.path):
            self._invoke_api.handle(request, respond)
        elif request.path == EVENTS or request.path.startswith(f"{EVENTS}/"):
            self._events_api.handle(request, respond)
        elif request.path.startswith(OWN_PREFIX):
            respond(own_answer(request, self._around.readiness, self._pages, self._key_sets))
        elif (matched := self._urls.match(request)) is not None:
            self._url_api.handle(request, matched, respond)
        else:
            self._route_api.handle(request, respond)


def own_answer(
    request: Request,
    readiness: Readiness,
    pages: Mapping[str, Page],
    key_sets: Mapping[str, object] = MappingProxyType({}),
) -> Response:
    """`/_esb/health`: the process answers. `/_esb/ready`: it can serve, or what it waits for; and why the files as they
    are now are not what it serves by. `/_esb/jwks/<pool>.json`: the public keys of a user pool in whose place the stack
    signs. The rest are `pages`.
    """
    waiting = sorted(readiness.waiting_for)
    match request.path.removeprefix(OWN_PREFIX):
        case "health":
            return json_response(200, {"status": "alive"})
        case "ready" if readiness.draining:
            return json_response(503, {"status": "draining"})
        case "ready" if waiting:
            return json_response(503, {"status": "starting", "waiting_for": waiting})
        case "ready" if readiness.refusal is not None:
            return json_response(200, {"status": "ready", "refused": readiness.refusal})
        case "ready":
            return json_response(200, {"status": "ready"})
        case name if name in pages:
            return pages[name](request)
        case path if path.startswith(_KEY_SETS) and (name := path[len(_KEY_SETS) :].removesuffix(".json")) in key_sets:
            return json_response(200, key_sets[name])
        case _:
            return json_response(404, {"message": "Not Found"})
