"""One request on its way through the checks of its route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from esb_gateway.apis.auth.rejections import Denial, denial
from esb_gateway.apis.auth.route_auth import Guard
from esb_gateway.apis.events import Caller, Circumstances
from esb_gateway.apis.routing import ApiType, Match
from esb_wire.http.messages import Headers, Request, Response

Admitted: TypeAlias = Callable[[Caller], None]
Refused: TypeAlias = Callable[[Response], None]


@dataclass(frozen=True, slots=True)
class Visit:
    """A request, what is to be checked, and where it may go; exactly one of `admitted` and `refused` is called."""

    request: Request
    matched: Match
    guard: Guard
    known: Circumstances
    admitted: Admitted
    refused: Refused

    @property
    def api_type(self) -> ApiType:
        """What type of API the route is of."""
        return self.matched.route.api.type

    def deny(self, why: Denial, headers: Headers = ()) -> None:
        """Do not let the caller in."""
        self.refused(denial(self.api_type, why, headers))


# An authorizer has let a caller in; the text is the API key that it names, if any.
Passed: TypeAlias = Callable[[Visit, Caller, str | None], None]
