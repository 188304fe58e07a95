"""Authenticates the callers of routes: first by a signature or an authorizer, then by an API key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import assert_never

from esb_gateway.apis.api import Route
from esb_gateway.apis.api_call import ApiCall, Rejected
from esb_gateway.apis.api_types import Failure, FailureResponse
from esb_gateway.apis.auth.api_keys import HEADER, KeyRing, Meter
from esb_gateway.apis.auth.auth_context import TokenHandler
from esb_gateway.apis.auth.lambda_authorizers import LambdaAuthorizerHandler
from esb_gateway.apis.auth.policies import Effect
from esb_gateway.apis.auth.resource_policies import CalledMethod, denial, effect_on
from esb_gateway.apis.events import Principal, RequestContext, iam_authorizer, iam_identity
from esb_gateway.apis.gateway_responses import build_failure
from esb_gateway.apis.route_auth import IamAuthorizer, LambdaAuthorizer, RouteAuth, TokenAuthorizer
from esb_gateway.apis.routing import Preflight
from esb_gateway.telemetry.telemetry import Telemetry
from esb_wire.errors import AwsProtocol, error_response
from esb_wire.http.messages import Request
from esb_wire.sigv4 import SignatureError, Verify, access_key_of


@dataclass(frozen=True, slots=True)
class RouteAuthenticator:
    """Authenticates the callers of all routes: a `route_api.Authenticator`.

    `tokens` is None if no route has a token authorizer. `verify` is None if the stack has no credentials.
    """

    verify: Verify | None
    key_ring: KeyRing
    meter: Meter
    lambdas: LambdaAuthorizerHandler
    tokens: TokenHandler | None
    telemetry: Telemetry

    async def authenticate(self, call: ApiCall) -> Principal:
        """The caller. Raises Rejected."""
        auth = call.match.route.auth or RouteAuth()
        try:
            allowed = _check_policy(call, auth)
            principal = self._check_key(call, auth, await self._identify(call, auth, allowed=allowed))
        except Rejected as rejected:
            self._count(call, auth, "failed" if rejected.response.status >= 500 else "denied")
            raise
        self._count(call, auth, "allowed")
        return principal

    def check_preflight(self, preflight: Preflight, request: Request, context: RequestContext) -> None:
        """An OPTIONS method with a mock integration has no authorizer here. Raises Rejected."""
        api = preflight.api
        if api.policy is None:
            return
        called = CalledMethod(api, preflight.path, request, context)
        effect = effect_on(api.policy, called)
        is_allowed = effect is Effect.ALLOW
        self.telemetry.counts.authorizations[api.id, "", "allowed" if is_allowed else "denied"] += 1
        if not is_allowed:
            raise Rejected(build_failure(api, denial(api.policy, called, effect), request, context))

    async def _identify(self, call: ApiCall, auth: RouteAuth, *, allowed: bool) -> Principal:
        match auth.authorizer:
            case None:
                return Principal()
            case IamAuthorizer():
                return self._check_signature(call)
            case TokenAuthorizer() as authorizer:
                assert self.tokens is not None, "a route has a token authorizer"  # noqa: S101
                return await self.tokens.authorize(call, authorizer)
            case LambdaAuthorizer() as authorizer:
                return await self.lambdas.authorize(call, authorizer, allowed=allowed)
            case unknown:
                assert_never(unknown)

    def _check_signature(self, call: ApiCall) -> Principal:
        route = call.match.route
        if self.verify is None:
            raise Rejected(call.failure(Failure.FORBIDDEN))
        try:
            self.verify(call.request)
        except SignatureError as error:
            shown = route.api.type.shows_signature_errors
            why = _signature_failure(error) if shown else Failure.FORBIDDEN
            raise Rejected(call.failure(why)) from error
        access_key = access_key_of(call.request) or ""
        authorizer = {"iam": iam_authorizer(access_key, call.context)} if route.payload == "2.0" else None
        return Principal(authorizer, iam_identity(access_key, call.context))

    def _check_key(self, call: ApiCall, auth: RouteAuth, principal: Principal) -> Principal:
        if not auth.key_required:
            return principal
        route = call.match.route
        value = principal.usage_key if route.api.key_from_authorizer else call.request.lowered.get(HEADER)
        key_id = self.key_ring.find(value) if value else None
        if key_id is None:
            raise Rejected(call.failure(Failure.FORBIDDEN))
        denied = self.meter.use(key_id, route.api.id, f"{route.method} {route.path}", self.telemetry.clock())
        if denied is not None:
            raise Rejected(call.failure(denied))
        return replace(principal, identity={**principal.identity, "apiKey": value, "apiKeyId": key_id})

    def _count(self, call: ApiCall, auth: RouteAuth, result: str) -> None:
        self.telemetry.counts.authorizations[call.match.route.api.id, _name(auth), result] += 1


def _check_policy(call: ApiCall, auth: RouteAuth) -> bool:
    """Whether a statement of the API's resource policy allows the call. Raises Rejected if the policy forbids it."""
    api = call.match.route.api
    if api.policy is None:
        return False
    called = CalledMethod(api, call.match.path, call.request, call.context)
    effect = effect_on(api.policy, called)
    needs_statement = auth.authorizer is None or isinstance(auth.authorizer, TokenAuthorizer)
    if effect is Effect.EXPLICIT_DENY or (needs_statement and effect is Effect.IMPLICIT_DENY):
        raise Rejected(call.failure(denial(api.policy, called, effect)))
    return effect is Effect.ALLOW


def _signature_failure(error: SignatureError) -> FailureResponse:
    """The response that says what is wrong with a signature."""
    is_missing = error.code == "MissingAuthenticationTokenException"
    type_ = "MISSING_AUTHENTICATION_TOKEN" if is_missing else "INVALID_SIGNATURE"
    return FailureResponse(error_response(error, AwsProtocol.REST_JSON), str(error), type_)


def _name(auth: RouteAuth) -> str:
    """The name of the authorizer in metrics; empty if there is an API key or a resource policy only."""
    match auth.authorizer:
        case None:
            return ""
        case IamAuthorizer():
            return "AWS_IAM"
        case TokenAuthorizer(name=name) | LambdaAuthorizer(name=name):
            return name
        case unknown:
            assert_never(unknown)


def token_authorizers(routes: Iterable[Route]) -> tuple[TokenAuthorizer, ...]:
    """The token authorizers that routes have."""
    authorizers = (route.auth.authorizer for route in routes if route.auth is not None)
    return tuple(dict.fromkeys(each for each in authorizers if isinstance(each, TokenAuthorizer)))


def issuers_here(routes: Iterable[Route]) -> tuple[str, ...]:
    """The issuers in whose place the stack signs."""
    issuers = (issuer for authorizer in token_authorizers(routes) for issuer in authorizer.issuers)
    return tuple(dict.fromkeys(issuer.url for issuer in issuers if issuer.issued_here))
