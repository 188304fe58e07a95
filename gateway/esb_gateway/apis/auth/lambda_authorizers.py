"""Calls the functions of Lambda authorizers. The meaning of their responses is in authorizer_results.py."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from esb_gateway.apis.api_call import ApiCall, Rejected
from esb_gateway.apis.api_types import Failure
from esb_gateway.apis.auth.authorizer_results import (
    AuthorizerResult,
    InvalidAuthorizerResponse,
    authorizer_context,
    authorizer_event,
    is_unauthorized_error,
    read_result,
)
from esb_gateway.apis.auth.identity_sources import Identity, identity_of
from esb_gateway.apis.auth.policies import Effect, method_arn
from esb_gateway.apis.auth.result_cache import ResultCache
from esb_gateway.apis.events import Principal, build_event
from esb_gateway.apis.route_auth import LambdaAuthorizer
from esb_gateway.invocation import (
    Ending,
    Invocation,
    Invoker,
    NoSuchFunction,
    Outcome,
    Throttled,
)
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas.bounded_pattern import PatternTooSlow
from esb_schemas.contract import Stack
from esb_schemas.partitions import arn_of
from esb_wire.http.messages import Request
from esb_wire.timers import CallLater

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_DENIALS: Final = {Effect.EXPLICIT_DENY: Failure.EXPLICIT_DENY, Effect.IMPLICIT_DENY: Failure.IMPLICIT_DENY}


@dataclass(frozen=True, slots=True)
class LambdaAuthorizerHandler:
    """The Lambda authorizers of all APIs, with their caches."""

    invoker: Invoker
    call_later: CallLater
    stack: Stack
    identifiers: Identifiers
    telemetry: Telemetry
    _caches: dict[tuple[str, str], ResultCache[AuthorizerResult]] = field(default_factory=dict)

    async def authorize(self, call: ApiCall, authorizer: LambdaAuthorizer, *, allowed: bool = False) -> Principal:
        """The caller, by a cached result or a new one. Raises Rejected.

        `allowed`: the API's resource policy allows the call, so that the function's need not.
        """
        api_type, clock = call.match.route.api.type, self.telemetry.clock
        identity = _identity(call, authorizer)
        cache = self._caches.setdefault((call.match.route.api.id, authorizer.name), ResultCache(authorizer.ttl))
        result, invocation, took_ms = cache.get(identity, clock()), None, 0.0
        try:
            if result is None:
                invocation, started = self._invocation(call, authorizer, identity), clock()
                payload = await self._invoke(call, authorizer, invocation)
                result = read_result(payload, authorizer, api_type)
                cache.put(identity, result, clock())
                took_ms = (clock() - started) * 1000
            effect = result.effect(self._method_arn(call))
        except InvalidAuthorizerResponse as error:
            if invocation is not None:
                self.telemetry.log_error(invocation, f"the authorizer's response is not valid: {error}")
            raise Rejected(call.failure(Failure.INVALID_AUTHORIZER_RESPONSE)) from error
        if effect is Effect.EXPLICIT_DENY or (effect is Effect.IMPLICIT_DENY and not allowed):
            raise Rejected(call.failure(_DENIALS[effect]))
        return Principal(
            authorizer_context(result, authorizer, call.match.route.payload, took_ms), usage_key=result.usage_key
        )

    def _invocation(self, call: ApiCall, authorizer: LambdaAuthorizer, identity: Identity) -> Invocation:
        match = call.match
        asked = match._replace(route=replace(match.route, payload=authorizer.payload))
        event = {} if authorizer.is_token else build_event(_without_body(call.request), asked, call.context)
        event = authorizer_event(authorizer, match.route.api.type, self._method_arn(call), identity, event)
        return Invocation(
            function=authorizer.function,
            payload=_ENCODER.encode(event).encode("utf-8", "replace"),
            request_id=self.identifiers.request_id(),
            trace_id=call.context.trace_id,
            arn=self.stack.function_arn(authorizer.function),
        )

    async def _invoke(self, call: ApiCall, authorizer: LambdaAuthorizer, invocation: Invocation) -> bytes:
        """The function's response. Raises Rejected if it has none within the timeout."""
        api_type = call.match.route.api.type
        failed = Rejected(call.failure(Failure.AUTHORIZER_FAILED))
        try:
            outcome = await self._outcome(invocation, authorizer.timeout)
        except (Throttled, NoSuchFunction) as error:
            self.telemetry.log_error(invocation, f"authorizer {authorizer.name} could not be called: {error!r}")
            raise failed from error
        if outcome is None:
            self.telemetry.log_error(invocation, f"the authorizer did not respond within {authorizer.timeout:g} s")
            raise failed
        if outcome.ending is Ending.DONE:
            return outcome.payload
        if api_type.unauthorized_errors and is_unauthorized_error(outcome.payload):
            raise Rejected(call.failure(Failure.UNAUTHORIZED))
        self.telemetry.log_error(invocation, f"the authorizer failed: {outcome.ending.value}")
        if outcome.ending in (Ending.NOT_RUN, Ending.STOPPED):
            raise Rejected(call.failure(Failure.UNAVAILABLE))
        raise failed

    async def _outcome(self, invocation: Invocation, timeout: float) -> Outcome | None:
        """The outcome of the invocation; None if it takes too long. Raises Throttled or NoSuchFunction."""
        ended: asyncio.Future[Outcome | None] = asyncio.get_running_loop().create_future()

        def end(outcome: Outcome | None) -> None:
            if not ended.done():
                ended.set_result(outcome)

        self.invoker.submit(invocation, end)
        timer = self.call_later(timeout, partial(end, None))
        try:
            return await ended
        finally:
            timer.cancel()

    def _method_arn(self, call: ApiCall) -> str:
        api, path = call.match.route.api, call.match.path
        if api.type.ignores_outer_slashes:
            path = path.rstrip("/")
        api_arn = arn_of("execute-api", self.stack.region, self.stack.account_id, api.id)
        return method_arn(api_arn, api.stage, call.request.method, path)


def _without_body(request: Request) -> Request:
    """An authorizer's event has the length of the body only; to encode a large one would take 30 ms."""
    bodiless = request._replace(body=b"")
    if not request.body or "content-length" in request.lowered:
        return bodiless
    length = str(len(request.body))
    headers, lowered = (*request.headers, ("Content-Length", length)), {**request.lowered, "content-length": length}
    return bodiless._replace(headers=headers, lowered=lowered)


def _identity(call: ApiCall, authorizer: LambdaAuthorizer) -> Identity:
    """The values that results are cached by. Raises Rejected if the request lacks one, or if the token is not valid."""
    identity = identity_of(authorizer.sources, call)
    if identity is None or not _is_expected(call, authorizer, identity):
        raise Rejected(call.failure(Failure.UNAUTHORIZED))
    return identity


def _is_expected(call: ApiCall, authorizer: LambdaAuthorizer, identity: Identity) -> bool:
    if authorizer.validation is None:
        return True
    try:
        return bool(identity) and authorizer.validation.matches(identity[0])
    except PatternTooSlow as error:
        call.telemetry.log("gateway", "ERROR", {"message": f"authorizer {authorizer.name}: {error}"})
        return False
