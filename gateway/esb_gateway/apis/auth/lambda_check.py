"""A function decides whether a caller is let in. What it means is in lambda_authorizers.py; here it is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, assert_never

from esb_gateway.apis.auth.auth_request import Passed, Visit
from esb_gateway.apis.auth.lambda_authorizers import (
    BadVerdict,
    Verdict,
    authorizer_event,
    caller_context,
    identity_of,
    read_verdict,
    says_unauthorized,
)
from esb_gateway.apis.auth.policies import Effect, method_arn
from esb_gateway.apis.auth.rejections import Denial
from esb_gateway.apis.auth.result_cache import Identity, ResultCache
from esb_gateway.apis.auth.route_auth import LambdaAuthorizer
from esb_gateway.apis.events import Caller, build_event, context_variables
from esb_gateway.apis.routing import ApiType
from esb_gateway.clocks import Timer
from esb_gateway.config import Configuration
from esb_gateway.dependencies import Surroundings
from esb_gateway.invocation import Ending, Invocation, Invoker, NoSuchFunction, Outcome, Throttled

PATIENCE: Final = 10.0  # seconds; HTTP API quotas: Lambda authorizer timeout

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class LambdaCheck:
    """Asks the functions of all Lambda authorizers; `passed` gets the callers that are let in."""

    def __init__(self, configuration: Configuration, invoker: Invoker, around: Surroundings, passed: Passed) -> None:
        self._stack = configuration.stack
        self._functions = configuration.functions
        self._invoker = invoker
        self._around = around
        self._passed = passed
        self._caches: dict[tuple[str, str], ResultCache[Verdict]] = {}

    def check(self, visit: Visit, authorizer: LambdaAuthorizer) -> None:
        """Let the caller in or not, now or when the function has answered."""
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
        self, visit: Visit, authorizer: LambdaAuthorizer, identity: Identity, cache: ResultCache[Verdict]
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

    def _invocation(self, visit: Visit, authorizer: LambdaAuthorizer, identity: Identity) -> Invocation:
        matched, function = visit.matched, self._functions[authorizer.function]
        asked = matched._replace(route=replace(matched.route, payload=authorizer.payload))
        event = {} if authorizer.is_token else build_event(visit.request, asked, visit.known)
        event = authorizer_event(authorizer, matched, self._arn(visit), identity, event)
        return Invocation(
            function=function.name,
            payload=_ENCODER.encode(event).encode("utf-8", "replace"),
            request_id=self._around.identifiers.request_id(),
            trace_id=visit.known.trace_id,
            arn=function.arn,
        )

    def _arn(self, visit: Visit) -> str:
        api, path = visit.matched.route.api, visit.matched.path
        if api.type is ApiType.REST:
            path = path.rstrip("/")  # as it was matched
        stack = self._stack
        arn = f"arn:aws:execute-api:{stack.region}:{stack.account_id}:{api.id}"
        return method_arn(arn, api.stage, visit.request.method, path)

    def _weigh(
        self,
        visit: Visit,
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
                self._passed(visit, Caller(said), verdict.usage_key)
            case Effect.EXPLICIT_DENY:
                visit.deny(Denial.EXPLICIT_DENY)
            case Effect.IMPLICIT_DENY:
                visit.deny(Denial.IMPLICIT_DENY)
            case _:
                assert_never(effect)

    def _failed(self, visit: Visit, invocation: Invocation, outcome: Outcome) -> None:
        if visit.api_type is ApiType.REST and says_unauthorized(outcome.payload):
            visit.deny(Denial.UNAUTHORIZED)
            return
        self._around.complain(invocation, f"the authorizer failed: {outcome.ending.value}")
        visit.deny(Denial.AUTHORIZER_FAILED)

    def _late(self, visit: Visit, invocation: Invocation) -> None:
        self._around.complain(invocation, f"the authorizer has not answered within {PATIENCE:g} s")
        visit.deny(Denial.AUTHORIZER_FAILED)

    def _means_nothing(self, visit: Visit, invocation: Invocation | None, error: BadVerdict) -> None:
        if invocation is not None:
            self._around.complain(invocation, f"the authorizer's answer means nothing: {error}")
        visit.deny(Denial.BAD_VERDICT)


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


def _needs_context(authorizer: LambdaAuthorizer) -> bool:
    return any(source.startswith("$context.") for source in authorizer.sources)
