"""The way of a request to a guarded route: its authorizer is asked, then its API key is counted, then the route runs.

Everything that is decided on the way is decided elsewhere (tokens, lambda_authorizers, policies, api_keys); here is
what calls whom. Each check ends in exactly one call, of `admitted` or of `refused`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeAlias, assert_never

from esb_gateway import tokens
from esb_gateway.api_keys import HEADER, KeyRing, Meter, Use
from esb_gateway.config import Configuration
from esb_gateway.denials import Denial, challenge, denial
from esb_gateway.events import Caller, Circumstances, build_event, context_variables, iam_caller, iam_identity
from esb_gateway.exchange import Headers, Request, Response, json_response
from esb_gateway.guards import Guard, LambdaAuthorizer, SignedCall, TokenAuthorizer
from esb_gateway.invocation import Ending, Invocation, Invoker, NoSuchFunction, Outcome, Throttled
from esb_gateway.key_sets import VerificationKey
from esb_gateway.lambda_authorizers import (
    BadVerdict,
    Verdict,
    authorizer_event,
    caller_context,
    identity_of,
    read_verdict,
    says_unauthorized,
)
from esb_gateway.policies import Effect, method_arn
from esb_gateway.result_cache import Identity, ResultCache
from esb_gateway.routing import ApiType, Match
from esb_gateway.sigv4 import Unsigned, access_key_of
from esb_gateway.surroundings import Surroundings, Timer

PATIENCE: Final = 10.0  # seconds; HTTP API quotas: Lambda authorizer timeout

_USES: Final = {
    Use.FORBIDDEN: Denial.FORBIDDEN,
    Use.THROTTLED: Denial.THROTTLED,
    Use.EXCEEDED: Denial.EXCEEDED,
}
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

Admitted: TypeAlias = Callable[[Caller], None]
Refused: TypeAlias = Callable[[Response], None]


@dataclass(frozen=True, slots=True)
class _Visit:
    """One request on its way through the checks."""

    request: Request
    matched: Match
    guard: Guard
    known: Circumstances
    admitted: Admitted
    refused: Refused

    @property
    def api_type(self) -> ApiType:
        return self.matched.route.api.type

    def deny(self, why: Denial, headers: Headers = ()) -> None:
        """Do not let the caller in."""
        self.refused(denial(self.api_type, why, headers))


class Admission:
    """Checks the callers of all guarded routes."""

    def __init__(self, configuration: Configuration, invoker: Invoker, around: Surroundings) -> None:
        self._stack = configuration.stack
        self._functions = configuration.functions
        self._invoker = invoker
        self._around = around
        self._ring = KeyRing(configuration.keys, around.trust.secret)
        self._meter = Meter(configuration.keys, around.trust.used)
        self._caches: dict[tuple[str, str], ResultCache[Verdict]] = {}

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

        visit = _Visit(request, matched, guard, known, let_in, keep_out)
        match guard.authorizer:
            case None:
                self._check_key(visit, Caller(), None)
            case SignedCall():
                self._check_signature(visit)
            case TokenAuthorizer() as authorizer:
                self._check_token(visit, authorizer)
            case LambdaAuthorizer() as authorizer:
                self._ask(visit, authorizer)
            case unknown:
                assert_never(unknown)

    # AWS_IAM

    def _check_signature(self, visit: _Visit) -> None:
        verify = self._around.trust.verify_call
        if verify is None:
            visit.deny(Denial.FORBIDDEN)
            return
        try:
            verify(visit.request)
        except Unsigned as error:
            if visit.api_type is ApiType.REST:
                headers = (("x-amzn-ErrorType", error.error_type),)
                visit.refused(json_response(error.status, {"message": str(error)}, headers))
            else:
                visit.deny(Denial.FORBIDDEN)
            return
        access_key, account = access_key_of(visit.request) or "", visit.known.account_id
        authorizer = {"iam": iam_caller(access_key, account)} if visit.matched.route.payload == "2.0" else None
        self._check_key(visit, Caller(authorizer, iam_identity(access_key, account)), None)

    # Tokens

    def _check_token(self, visit: _Visit, authorizer: TokenAuthorizer) -> None:
        found = (identity_of((source,), visit.request, visit.matched.route.api, {}) for source in authorizer.sources)
        value = next((identity[0] for identity in found if identity), None)
        if value is None:
            visit.deny(Denial.UNAUTHORIZED, _challenge(visit))
            return
        token = tokens.bearer(value)
        try:
            said = tokens.look_at(token, authorizer)
        except tokens.Unacceptable as error:
            self._refuse_token(visit, error)
            return
        self._around.trust.keys.find(said.issuer, said.key_id, partial(self._with_key, visit, authorizer, token))

    def _with_key(self, visit: _Visit, authorizer: TokenAuthorizer, token: str, key: VerificationKey | None) -> None:
        scopes = visit.guard.scopes
        try:
            claims = tokens.verify(token, key, authorizer, scopes, self._around.clock())
        except tokens.Unacceptable as error:
            self._refuse_token(visit, error)
            return
        if authorizer.is_pool:
            said: dict[str, object] = {"claims": tokens.pool_claim_texts(claims)}
        else:
            said = {"claims": tokens.claim_texts(claims), "scopes": [*tokens.scopes_of(claims)] if scopes else None}
            said = {"jwt": said} if visit.matched.route.payload == "2.0" else said
        self._check_key(visit, Caller(said), None)

    def _refuse_token(self, visit: _Visit, error: tokens.Unacceptable) -> None:
        if error.error == tokens.INSUFFICIENT:
            is_rest = visit.api_type is ApiType.REST
            why = Denial.IMPLICIT_DENY if is_rest else Denial.FORBIDDEN
        else:
            why = Denial.EXPIRED if error.expired else Denial.UNAUTHORIZED
        visit.deny(why, _challenge(visit, error.error, str(error)))

    # Functions

    def _ask(self, visit: _Visit, authorizer: LambdaAuthorizer) -> None:
        api = visit.matched.route.api
        variables = context_variables(visit.request, visit.matched, visit.known) if _needs_context(authorizer) else {}
        identity = identity_of(authorizer.sources, visit.request, api, variables)
        wrong = authorizer.validation is not None and not (identity and authorizer.validation.fullmatch(identity[0]))
        if identity is None or wrong:
            visit.deny(Denial.UNAUTHORIZED)
            return
        cache = self._caches.setdefault((api.id, authorizer.name), ResultCache(authorizer.ttl))
        verdict = cache.get(identity, self._around.clock())
        if verdict is not None:
            self._weigh(visit, authorizer, verdict, None)
        else:
            self._call(visit, authorizer, identity, cache)

    def _call(
        self, visit: _Visit, authorizer: LambdaAuthorizer, identity: Identity, cache: ResultCache[Verdict]
    ) -> None:
        invocation = self._invocation(visit, authorizer, identity)
        started = self._around.clock()

        def answered(outcome: Outcome) -> None:
            if outcome.ending is not Ending.DONE:
                self._failed(visit, invocation, outcome)
                return
            try:
                verdict = read_verdict(outcome.payload, authorizer, visit.api_type)
            except BadVerdict as error:
                self._means_nothing(visit, invocation, error)
                return
            cache.put(identity, verdict, self._around.clock())
            self._weigh(visit, authorizer, verdict, invocation, (self._around.clock() - started) * 1000)

        call = _Call(answered, partial(self._late, visit, invocation))
        try:
            self._invoker.submit(invocation, call.done)
        except (Throttled, NoSuchFunction) as error:
            self._around.complain(invocation, f"authorizer {authorizer.name} could not be asked: {error!r}")
            visit.deny(Denial.AUTHORIZER_FAILED)
        else:
            call.timer = self._around.call_later(PATIENCE, call.timed_out)

    def _invocation(self, visit: _Visit, authorizer: LambdaAuthorizer, identity: Identity) -> Invocation:
        matched, function = visit.matched, self._functions[authorizer.function]
        asked = replace(matched, route=replace(matched.route, payload=authorizer.payload))
        event = {} if authorizer.is_token else build_event(visit.request, asked, visit.known)
        event = authorizer_event(authorizer, matched, self._arn(visit), identity, event)
        return Invocation(
            function=function.name,
            payload=_ENCODER.encode(event).encode("utf-8", "replace"),
            request_id=self._around.identifiers.request_id(),
            trace_id=visit.known.trace_id,
            arn=function.arn,
        )

    def _arn(self, visit: _Visit) -> str:
        api, path = visit.matched.route.api, visit.matched.path
        if api.type is ApiType.REST:
            path = path.rstrip("/")  # as it was matched
        stack = self._stack
        arn = f"arn:aws:execute-api:{stack.region}:{stack.account_id}:{api.id}"
        return method_arn(arn, api.stage, visit.request.method, path)

    def _weigh(
        self,
        visit: _Visit,
        authorizer: LambdaAuthorizer,
        verdict: Verdict,
        invocation: Invocation | None,
        took_ms: float = 0.0,
    ) -> None:
        """What a verdict, fresh or kept, means for this call."""
        try:
            effect = verdict.effect(self._arn(visit))
        except BadVerdict as error:
            self._means_nothing(visit, invocation, error)
            return
        match effect:
            case Effect.ALLOW:
                said = caller_context(verdict, authorizer, visit.matched, took_ms)
                self._check_key(visit, Caller(said), verdict.usage_key)
            case Effect.EXPLICIT_DENY:
                visit.deny(Denial.EXPLICIT_DENY)
            case Effect.IMPLICIT_DENY:
                visit.deny(Denial.IMPLICIT_DENY)
            case _:
                assert_never(effect)

    def _failed(self, visit: _Visit, invocation: Invocation, outcome: Outcome) -> None:
        if visit.api_type is ApiType.REST and says_unauthorized(outcome.payload):
            visit.deny(Denial.UNAUTHORIZED)
            return
        self._around.complain(invocation, f"the authorizer failed: {outcome.ending.value}")
        visit.deny(Denial.AUTHORIZER_FAILED)

    def _late(self, visit: _Visit, invocation: Invocation) -> None:
        self._around.complain(invocation, f"the authorizer has not answered within {PATIENCE:g} s")
        visit.deny(Denial.AUTHORIZER_FAILED)

    def _means_nothing(self, visit: _Visit, invocation: Invocation | None, error: BadVerdict) -> None:
        if invocation is not None:
            self._around.complain(invocation, f"the authorizer's answer means nothing: {error}")
        visit.deny(Denial.BAD_VERDICT)

    # API keys

    def _check_key(self, visit: _Visit, caller: Caller, usage_key: str | None) -> None:
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


@dataclass(slots=True)
class _Call:
    """A function that was asked. The first end counts: its answer, or the end of our patience."""

    answered: Callable[[Outcome], None]
    late: Callable[[], None]
    timer: Timer | None = None
    ended: bool = False

    def done(self, outcome: Outcome) -> None:
        """The function has ended; when it was given up already, nobody hears of it."""
        if self.timer is not None:
            self.timer.cancel()
        if not self.ended:
            self.ended = True
            self.answered(outcome)

    def timed_out(self) -> None:
        """Give it up."""
        if not self.ended:
            self.ended = True
            self.late()


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


def _needs_context(authorizer: LambdaAuthorizer) -> bool:
    return any(source.startswith("$context.") for source in authorizer.sources)


def _challenge(visit: _Visit, error: str = "", description: str = "") -> Headers:
    """Only HTTP APIs say what is wrong with a token."""
    return challenge(error, description) if visit.api_type is ApiType.HTTP else ()
