"""`/_esb/events`: the asynchronous invocations, for people and for `esb-gateway events`. Signed as the Invoke API is.

GET    /_esb/events?state=queued|kept&function=NAME&limit=N     POST   /_esb/events/ID/retry
GET    /_esb/events/ID                                          DELETE /_esb/events/ID
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, Protocol, TypeVar
from urllib.parse import parse_qs, unquote

from esb_gateway.async_invoke import queries as event_views
from esb_gateway.async_invoke.event_file import EventFile
from esb_gateway.async_invoke.queries import Choice, View
from esb_gateway.dependencies import Surroundings
from esb_gateway.invocation import EventAcceptor, NotAccepted
from esb_wire.errors import AwsProtocol, error_response
from esb_wire.http.messages import Request, Respond, Response, json_response
from esb_wire.sigv4 import SignatureError

T = TypeVar("T")

PATH: Final = "/_esb/events"


class Events(EventAcceptor, Protocol):
    """The asynchronous invocations, as event_queue.py has them."""

    def look(
        self, work: Callable[[EventFile], T], done: Callable[[T], object], failed: Callable[[NotAccepted], object]
    ) -> None:
        """Read in the file."""

    def is_running(self, function: str, id_: int) -> bool:
        """Whether the queued event runs now."""

    def retry(self, request_id: str, done: Callable[[bool], object], failed: Callable[[NotAccepted], object]) -> None:
        """Run a kept event again, or a queued one now; `done` gets whether there is one."""

    def drop(self, request_id: str, done: Callable[[bool], object], failed: Callable[[NotAccepted], object]) -> None:
        """Forget an event; `done` gets whether there is one."""


class BadQuestion(Exception):
    """The query string asks for something that there is not; the text says what."""


class EventsApi:
    """Answers questions about events."""

    def __init__(self, events: Events, surroundings: Surroundings) -> None:
        self._events = events
        self._around = surroundings

    def handle(self, request: Request, respond: Respond) -> None:
        """Answer once, when the file has been read or written."""

        def failed(problem: NotAccepted) -> None:
            respond(json_response(500, {"message": str(problem)}))

        try:
            if self._around.verify is not None:
                self._around.verify(request)
            self._answer(request, respond, failed)
        except SignatureError as error:
            respond(error_response(error, AwsProtocol.REST_JSON))
        except BadQuestion as error:
            respond(json_response(400, {"message": str(error)}))

    def _answer(self, request: Request, respond: Respond, failed: Callable[[NotAccepted], object]) -> None:
        events = self._events
        match (request.method, *request.path.removeprefix(PATH).strip("/").split("/")):
            case ("GET", ""):
                choice = choice_of(request.query)
                work = partial(event_views.overview, choice=choice)
                events.look(work, lambda found: respond(self._listed(found)), failed)
            case ("GET", name):
                read = partial(event_views.details, request_id=unquote(name))
                events.look(read, lambda found: respond(self._shown(name, found)), failed)
            case ("POST", name, "retry"):
                events.retry(unquote(name), lambda found: respond(_done(name, "retried", found=found)), failed)
            case ("DELETE", name) if name:
                events.drop(unquote(name), lambda found: respond(_done(name, "dropped", found=found)), failed)
            case _:
                respond(json_response(404, {"message": "Not Found"}))

    def _listed(self, found: View) -> Response:
        return json_response(200, {**found, "events": [self._with_state(event) for event in found["events"]]})

    def _shown(self, name: str, found: View | None) -> Response:
        return _missing(name) if found is None else json_response(200, self._with_state(found))

    def _with_state(self, event: View) -> View:
        """Which queued ones run is known in memory alone."""
        number = event.pop("number", None)
        if number is not None and self._events.is_running(event["function"], number):
            event["state"] = "running"
        return event


def choice_of(query: str) -> Choice:
    """What a query string asks for. Raises BadQuestion."""
    asked = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
    unknown = asked.keys() - {"state", "function", "limit"}
    if unknown:
        raise BadQuestion(f"{', '.join(sorted(unknown))}: not known; use state, function and limit.")
    state, limit = asked.get("state"), asked.get("limit", "100")
    if state not in (None, "queued", "kept"):
        raise BadQuestion(f"state={state}: must be queued or kept.")
    if not (limit.isascii() and limit.isdigit() and len(limit) < 9 and 1 <= int(limit) <= event_views.MOST):
        raise BadQuestion(f"limit={limit}: must be a whole number from 1 to {event_views.MOST}.")
    return Choice(asked.get("function"), ("kept", "queued") if state is None else (state,), int(limit))


def _done(name: str, what: str, *, found: bool) -> Response:
    return json_response(200, {"id": name, "state": what}) if found else _missing(name)


def _missing(name: str) -> Response:
    return json_response(404, {"message": f"There is no such event: {name}."})
