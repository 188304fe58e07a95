"""`/_esb/events`: the asynchronous invocations, for people and for `esb-gateway events`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, Protocol, TypeVar
from urllib.parse import parse_qs

from esb_gateway.async_invoke.event_file import EventFile
from esb_gateway.async_invoke.queries import MAX_LIMIT, EventFilter, View, details, overview, shown
from esb_gateway.invocation import EventAcceptor, NotAccepted
from esb_schemas.endpoints import STACK, Endpoint, EndpointTable
from esb_wire.errors import AwsProtocol, error_response
from esb_wire.http.messages import Request, Respond, Response, json_response
from esb_wire.offload import LARGE, Offload
from esb_wire.sigv4 import SignatureError, Verify
from esb_wire.task_set import TaskSet

T = TypeVar("T")

PATH: Final = "/_esb/events"
_MANY: Final = 500  # events of a list; one that is longer is written elsewhere
_LIST: Final = Endpoint(
    "GET",
    PATH,
    STACK,
    "asynchronous invocations that wait, run or have failed for good, and how many there are",
    "state=queued&function=NAME&limit=N",
)
_SHOW: Final = Endpoint("GET", f"{PATH}/{{id}}", STACK, "one of them, with its payload; 404 if there is none")
_RETRY: Final = Endpoint("POST", f"{PATH}/{{id}}/retry", STACK, "runs a failed one again, or one that waits now")
_DROP: Final = Endpoint("DELETE", f"{PATH}/{{id}}", STACK, "removes one")
ENDPOINTS: Final = EndpointTable(
    "Asynchronous invocations",
    "They are what `esb-gateway events` asks: [async-invocations.md](async-invocations.md).",
    (_LIST, _SHOW, _RETRY, _DROP),
)


class Events(EventAcceptor, Protocol):
    """The asynchronous invocations; see `EventQueue`."""

    def query(
        self, work: Callable[[EventFile], T], done: Callable[[T], object], failed: Callable[[NotAccepted], object]
    ) -> None:
        """Read in the file."""

    def is_running(self, function: str, id_: int) -> bool:
        """Whether the queued event runs now."""

    def retry(self, request_id: str, done: Callable[[bool], object], failed: Callable[[NotAccepted], object]) -> None:
        """Run a failed event again, or a queued one now; `done` gets whether there is such an event."""

    def drop(self, request_id: str, done: Callable[[bool], object], failed: Callable[[NotAccepted], object]) -> None:
        """Remove an event; `done` gets whether there is such an event."""


class InvalidQuery(Exception):
    """The query string has a parameter or a value that does not exist; the text says which."""


class EventsApi:
    """Answers requests about events."""

    def __init__(self, events: Events, verify: Verify, offload: Offload) -> None:
        self._events = events
        self._verify = verify
        self._offload = offload
        self._tasks = TaskSet()

    def handle(self, request: Request, respond: Respond) -> None:
        """Answer once, when the file has been read or written."""

        def failed(problem: NotAccepted) -> None:
            respond(json_response(500, {"message": str(problem)}))

        try:
            self._verify(request)
            self._answer(request, respond, failed)
        except SignatureError as error:
            respond(error_response(error, AwsProtocol.REST_JSON))
        except InvalidQuery as error:
            respond(json_response(400, {"message": str(error)}))

    def _answer(self, request: Request, respond: Respond, failed: Callable[[NotAccepted], object]) -> None:
        events = self._events
        asked = ENDPOINTS.find(request.method, request.path)
        if asked is None:
            respond(json_response(404, {"message": "Not Found"}))
        elif asked.endpoint is _LIST:
            list_events = partial(overview, chosen=parse_filter(request.query))
            events.query(list_events, lambda found: self._show(self._overview(found), respond), failed)
        else:
            self._answer_about(asked.endpoint, asked.parts["id"], respond, failed)

    def _answer_about(
        self, endpoint: Endpoint, name: str, respond: Respond, failed: Callable[[NotAccepted], object]
    ) -> None:
        events = self._events
        if endpoint is _SHOW:
            show = partial(details, request_id=name)
            events.query(show, lambda found: self._show_details(name, found, respond), failed)
        elif endpoint is _RETRY:
            events.retry(name, lambda found: respond(_done(name, "retried", found=found)), failed)
        else:
            events.drop(name, lambda found: respond(_done(name, "dropped", found=found)), failed)

    def _overview(self, found: View) -> View:
        return {**found, "events": [self._with_state(event) for event in found["events"]]}

    def _show_details(self, name: str, found: View | None, respond: Respond) -> None:
        if found is None:
            respond(_not_found(name))
        else:
            self._show(self._with_state(found), respond)

    def _show(self, view: View, respond: Respond) -> None:
        """Respond, from another process if there is much to show."""
        if sum(len(value) for value in view.values() if isinstance(value, bytes)) <= LARGE and (
            len(view.get("events", ())) <= _MANY
        ):
            respond(_response(view))
            return
        self._tasks.start(self._show_much(view, respond))

    async def _show_much(self, view: View, respond: Respond) -> None:
        try:
            response = await self._offload.run(_response, view)
        except Exception as error:
            response = json_response(500, {"message": f"it cannot be shown: {error!r}"})
        respond(response)

    def _with_state(self, event: View) -> View:
        """The event with its state: that a queued event runs is known in memory only."""
        number = event.pop("number", None)
        if number is not None and self._events.is_running(event["function"], number):
            event["state"] = "running"
        return event


def parse_filter(query: str) -> EventFilter:
    """The filter of a query string. Raises InvalidQuery."""
    parameters = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
    unknown = parameters.keys() - {"state", "function", "limit"}
    if unknown:
        raise InvalidQuery(f"{', '.join(sorted(unknown))}: unknown; use state, function and limit.")
    state, limit = parameters.get("state"), parameters.get("limit", "100")
    if state not in (None, "queued", "failed"):
        raise InvalidQuery(f"state={state}: must be queued or failed.")
    if not (limit.isascii() and limit.isdigit() and len(limit) < 9 and 1 <= int(limit) <= MAX_LIMIT):
        raise InvalidQuery(f"limit={limit}: must be a whole number from 1 to {MAX_LIMIT}.")
    return EventFilter(parameters.get("function"), ("failed", "queued") if state is None else (state,), int(limit))


def _response(view: View) -> Response:
    return json_response(200, shown(view))


def _done(name: str, state: str, *, found: bool) -> Response:
    return json_response(200, {"id": name, "state": state}) if found else _not_found(name)


def _not_found(name: str) -> Response:
    return json_response(404, {"message": f"There is no such event: {name}."})
