"""A token decides whether a caller is let in. What is decided is in tokens.py; here it is called in turn."""

from __future__ import annotations

from functools import partial

from esb_gateway.apis.auth import tokens
from esb_gateway.apis.auth.auth_request import Passed, Visit
from esb_gateway.apis.auth.key_sets import VerificationKey
from esb_gateway.apis.auth.lambda_authorizers import identity_of
from esb_gateway.apis.auth.rejections import Denial, challenge
from esb_gateway.apis.auth.route_auth import TokenAuthorizer
from esb_gateway.apis.events import Caller
from esb_gateway.apis.routing import ApiType
from esb_gateway.dependencies import Surroundings
from esb_wire.http.messages import Headers


class TokenCheck:
    """Checks tokens of all routes that ask for one; `passed` gets the callers that are let in."""

    def __init__(self, around: Surroundings, passed: Passed) -> None:
        self._around = around
        self._passed = passed

    def check(self, visit: Visit, authorizer: TokenAuthorizer) -> None:
        """Let the caller in or not, now or when the key is found that signed the token."""
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

    def _with_key(self, visit: Visit, authorizer: TokenAuthorizer, token: str, key: VerificationKey | None) -> None:
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
        self._passed(visit, Caller(said), None)

    def _refuse_token(self, visit: Visit, error: tokens.Unacceptable) -> None:
        if error.error == tokens.INSUFFICIENT:
            is_rest = visit.api_type is ApiType.REST
            why = Denial.IMPLICIT_DENY if is_rest else Denial.FORBIDDEN
        else:
            why = Denial.EXPIRED if error.expired else Denial.UNAUTHORIZED
        visit.deny(why, _challenge(visit, error.error, str(error)))


def _challenge(visit: Visit, error: str = "", description: str = "") -> Headers:
    """Only HTTP APIs say what is wrong with a token."""
    return challenge(error, description) if visit.api_type is ApiType.HTTP else ()
