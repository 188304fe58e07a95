"""A request to a route of an API, from the match to the response."""

from __future__ import annotations

from dataclasses import dataclass

from esb_gateway.apis.api_types import Failure, FailureResponse
from esb_gateway.apis.cors import add_api_cors
from esb_gateway.apis.events import Principal, RequestContext
from esb_gateway.apis.gateway_responses import build_failure
from esb_gateway.apis.routing import Match
from esb_gateway.invocation import Invocation
from esb_gateway.pending_request import PendingRequest
from esb_gateway.telemetry.telemetry import Telemetry
from esb_wire.http.messages import Headers, Request, Response


class Rejected(Exception):
    """The caller is not allowed to call the route, and gets this response."""

    def __init__(self, response: Response) -> None:
        self.response = response
        super().__init__(response.status)


@dataclass(slots=True, eq=False)
class ApiCall:
    """A call of a route. Without a `principal`, the route is open. `error_type` is that of a function that failed."""

    pending: PendingRequest
    match: Match
    context: RequestContext
    telemetry: Telemetry
    principal: Principal | None = None
    error_type: str = ""

    @property
    def request(self) -> Request:
        return self.pending.request

    def send(self, response: Response, invocation: Invocation | None = None) -> None:
        """Answer with an integration's response, or with one of the API itself."""
        response = self._as_sent(response, invoked=invocation is not None)
        route = self.match.route
        self.telemetry.counts.routes[route.api.id, route.method, route.path, response.status] += 1
        self.telemetry.log_access(self.pending.request, response, self.context.time, invocation, self.error_type)
        self.pending.respond(response)

    def fail(self, why: Failure, invocation: Invocation | None = None) -> None:
        """Answer as API Gateway itself does."""
        self.send(self.failure(why), invocation)

    def failure(self, why: Failure | FailureResponse, headers: Headers = ()) -> Response:
        """The response that API Gateway itself gives, with additional `headers`."""
        api = self.match.route.api
        failure = api.type.failures[why] if isinstance(why, Failure) else why
        return build_failure(api, failure, self.request, self.context, headers)

    def _as_sent(self, response: Response, *, invoked: bool) -> Response:
        """With the headers that an API adds: CORS, the ids of the request, the trace id if a function was invoked."""
        api, context = self.match.route.api, self.context
        headers = add_api_cors(api, self.pending.request.lowered.get("origin"), response.headers)
        request_id, extended_id = api.type.request_id_headers
        if request_id:
            headers += ((request_id, context.request_id),)
        headers += ((extended_id, context.extended_request_id),)
        if invoked and api.type.traces_responses:
            headers += (("X-Amzn-Trace-Id", context.trace_id),)
        return Response(response.status, headers, response.body)
