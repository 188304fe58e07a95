"""A defect of the gateway is an answer: a 500 and a line in the log, also when it shows only later.

Most of a request is answered in what is called when a function has ended, a timer has run down or a key has come.
`Defects` remembers for whom such a call is made when it is asked for, so that none of those who ask has to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import ParamSpec

from esb_gateway.apis.auth.auth_context import Found, KeySource
from esb_gateway.apis.auth.route_auth import Issuer
from esb_gateway.clocks import Timer
from esb_gateway.dependencies import Surroundings
from esb_gateway.integrations.forwarding import Forwarder, Forwarding, Replied, Sending
from esb_gateway.integrations.types import Outgoing
from esb_gateway.invocation import Accepted, Done, EventAcceptor, Invocation, Invoker
from esb_gateway.logs import Log
from esb_wire.http.messages import Request, Respond, Response, json_response

P = ParamSpec("P")


class _Asked:
    """A request that is owed an answer."""

    __slots__ = ("_answered", "_respond", "request")

    def __init__(self, request: Request, respond: Respond) -> None:
        self.request = request
        self._respond = respond
        self._answered: Response | None = None

    def respond(self, response: Response) -> None:
        self._respond(response)
        self._answered = response

    def fail(self) -> None:
        """Answer that something is wrong here; an answer that is on its way breaks off."""
        if self._answered is None:
            self.respond(json_response(500, {"message": "Internal server error"}))
        elif self._answered.stream is not None:
            self._answered.stream.fail()


class Defects:
    """Answers for what fails in the work for a request."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._asked: _Asked | None = None  # whose work is being done

    def handle(self, request: Request, respond: Respond, work: Callable[[Request, Respond], None]) -> None:
        """Do the work for a request. Never raises."""
        asked = _Asked(request, respond)
        self._run(asked, work, request, asked.respond)

    def later(self, call: Callable[P, None]) -> Callable[P, None]:
        """The same call, for the request whose work is being done now."""
        return call if self._asked is None else partial(self._run, self._asked, call)

    def _run(self, asked: _Asked, call: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        outer, self._asked = self._asked, asked
        try:
            call(*args, **kwargs)
        except Exception as error:  # the one place where a defect must not take the connection with it
            request = asked.request
            self._log("gateway", "ERROR", {"message": f"{request.method} {request.path}: {error!r}"})
            asked.fail()
        finally:
            self._asked = outer

    # What is called back later

    def invoker(self, inner: Invoker) -> Invoker:
        """The same invoker."""
        return _CarefulInvoker(inner, self)

    def acceptor(self, inner: EventAcceptor) -> EventAcceptor:
        """The same acceptor of events."""
        return _CarefulAcceptor(inner, self)

    def surroundings(self, inner: Surroundings) -> Surroundings:
        """The same surroundings, with their timers, keys and forwarder."""

        def call_later(seconds: float, call: Callable[[], None]) -> Timer:
            return inner.call_later(seconds, self.later(call))

        return replace(
            inner,
            call_later=call_later,
            trust=replace(inner.trust, keys=_CarefulKeys(inner.trust.keys, self)),
            forwarding=Forwarding(lambda: _CarefulForwarder(inner.forwarding.get(), self)),
        )


@dataclass(frozen=True, slots=True)
class _CarefulInvoker:
    inner: Invoker
    defects: Defects

    def submit(self, invocation: Invocation, done: Done) -> None:
        self.inner.submit(invocation, self.defects.later(done))


@dataclass(frozen=True, slots=True)
class _CarefulAcceptor:
    inner: EventAcceptor
    defects: Defects

    def accept(self, invocation: Invocation, done: Accepted) -> None:
        self.inner.accept(invocation, self.defects.later(done))


@dataclass(frozen=True, slots=True)
class _CarefulKeys:
    inner: KeySource
    defects: Defects

    def find(self, issuer: Issuer, key_id: str, found: Found) -> None:
        self.inner.find(issuer, key_id, self.defects.later(found))


@dataclass(frozen=True, slots=True)
class _CarefulForwarder:
    inner: Forwarder
    defects: Defects

    def send(self, outgoing: Outgoing, replied: Replied) -> Sending:
        return self.inner.send(outgoing, self.defects.later(replied))

    async def close(self) -> None:
        await self.inner.close()
