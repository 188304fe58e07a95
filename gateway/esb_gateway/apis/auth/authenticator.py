"""Who is let in to a guarded route: the signature or the authorizer is checked, then the API key, then the route runs.

`token_check` and `lambda_check` are the ways of authorizers. Each way ends in exactly one call, of `admitted` or of
`refused`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final, assert_never

from esb_gateway.apis.auth.api_keys import HEADER, KeyRing, Meter, Use
from esb_gateway.apis.auth.auth_request import Admitted, Passed, Refused, Visit
from esb_gateway.apis.auth.lambda_check import LambdaCheck
from esb_gateway.apis.auth.rejections import Denial
from esb_gateway.apis.auth.route_auth import Guard, LambdaAuthorizer, SignedCall, TokenAuthorizer
from esb_gateway.apis.events import Caller, Circumstances, iam_caller, iam_identity
from esb_gateway.apis.routing import ApiType, Match, Route
from esb_gateway.config import Configuration
from esb_gateway.dependencies import Surroundings
from esb_gateway.invocation import Invoker
from esb_wire.errors import AwsProtocol, error_response
from esb_wire.http.messages import Request, Response
from esb_wire.sigv4 import SignatureError, access_key_of

if TYPE_CHECKING:
    from esb_gateway.apis.auth.token_check import TokenCheck

_USES: Final = {
    Use.FORBIDDEN: Denial.FORBIDDEN,
    Use.THROTTLED: Denial.THROTTLED,
    Use.EXCEEDED: Denial.EXCEEDED,
}


class Admission:
    """Checks the callers of all guarded routes."""

    def __init__(self, configuration: Configuration, invoker: Invoker, around: Surroundings) -> None:
        self._around = around
        self._ring = KeyRing(configuration.keys, around.trust.secret)
        self._meter = Meter(configuration.keys, around.trust.used)
        self._functions = LambdaCheck(configuration, invoker, around, self._check_key)
        self._tokens = _token_check(configuration.routes, around, self._check_key)

    def check(
        self, request: Request, matched: Match, known: Circumstances, admitted: Admitted, refused: Refused
    ) -> None:
        """Let the caller in or not, by calling one of the two, now or when an authorizer has answered."""
        guard = matched.route.guard or Guard()
        api, name, counts = matched.route.api.id, _name_of(guard), self._around.counts.authorizations

        def let_in(caller: Caller) -> None:
            counts[api, name, "allowed"] += 1
            admitted(caller)

        def keep_out(response: Response) -> None:
            counts[api, name, "failed" if response.status >= 500 else "denied"] += 1
            refused(response)

        visit = Visit(request, matched, guard, known, let_in, keep_out)
        match guard.authorizer:
            case None:
                self._check_key(visit, Caller(), None)
            case SignedCall():
                self._check_signature(visit)
            case TokenAuthorizer() as authorizer:
                if self._tokens is None:  # the route is none of the configuration's
                    visit.deny(Denial.UNAUTHORIZED)
                else:
                    self._tokens.check(visit, authorizer)
            case LambdaAuthorizer() as authorizer:
                self._functions.check(visit, authorizer)
            case unknown:
                assert_never(unknown)

    def _check_signature(self, visit: Visit) -> None:
        verify = self._around.trust.verify_call
        if verify is None:
            visit.deny(Denial.FORBIDDEN)
            return
        try:
            verify(visit.request)
        except SignatureError as error:
            if visit.api_type is ApiType.REST:
                visit.refused(error_response(error, AwsProtocol.REST_JSON))
            else:
                visit.deny(Denial.FORBIDDEN)
            return
        access_key, account = access_key_of(visit.request) or "", visit.known.account_id
        authorizer = {"iam": iam_caller(access_key, account)} if visit.matched.route.payload == "2.0" else None
        self._check_key(visit, Caller(authorizer, iam_identity(access_key, account)), None)

    def _check_key(self, visit: Visit, caller: Caller, usage_key: str | None) -> None:
        if not visit.guard.key_required:
            visit.admitted(caller)
            return
        route = visit.matched.route
        value = usage_key if route.api.key_from_authorizer else visit.request.lowered.get(HEADER)
        key = self._ring.find(value) if value else None
        if key is None or value is None:
            visit.deny(Denial.FORBIDDEN)
            return
        use = self._meter.use(key, route.api.id, f"{route.method} {route.path}", self._around.clock())
        if use is Use.ADMITTED:
            visit.admitted(replace(caller, identity={**caller.identity, "apiKey": value, "apiKeyId": key.id}))
        else:
            visit.deny(_USES[use])


def _token_check(routes: Iterable[Route], around: Surroundings, passed: Passed) -> TokenCheck | None:
    """What tokens need takes a tenth of a second to import, and 9 MB: only where a route asks for one."""
    if not any(route.guard is not None and isinstance(route.guard.authorizer, TokenAuthorizer) for route in routes):
        return None
    from esb_gateway.apis.auth.token_check import TokenCheck  # noqa: PLC0415

    return TokenCheck(around, passed)


def _name_of(guard: Guard) -> str:
    """What the authorizer is called where its decisions are counted; empty for an API key alone."""
    match guard.authorizer:
        case None:
            return ""
        case SignedCall():
            return "AWS_IAM"
        case TokenAuthorizer(name=name) | LambdaAuthorizer(name=name):
            return name
        case unknown:
            assert_never(unknown)
