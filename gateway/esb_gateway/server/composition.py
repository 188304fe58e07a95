"""What a Gateway depends on in production: clocks, randomness, the log, keys, other servers."""

from __future__ import annotations

import asyncio
import os
import time
from functools import cache, partial

from esb_gateway.apis.auth.auth_context import AuthContext, TokenHandler
from esb_gateway.dependencies import Dependencies, Readiness
from esb_gateway.identifiers import Identifiers
from esb_gateway.logs import Log
from esb_gateway.settings import Settings
from esb_gateway.telemetry import Telemetry
from esb_wire.sigv4 import Credentials, Verifier


def build_dependencies(settings: Settings, log: Log, readiness: Readiness) -> Dependencies:
    """The dependencies of a gateway in production; needs a running event loop."""
    verify = None
    if settings.auth:
        verify = Verifier(Credentials(settings.access_key, settings.secret_key), time.time)
    else:
        log("gateway", "WARN", {"message": "ESB_AUTH=off: the Invoke API answers everyone, signed or not."})
    return Dependencies(
        call_later=asyncio.get_running_loop().call_later,
        identifiers=Identifiers(os.urandom),
        verify=verify,
        telemetry=Telemetry(log, time.time, settings.access_log),
        readiness=readiness,
        auth=AuthContext(
            verify_call=_call_verifier(settings),
            secret=settings.runtime_secret,
            open_tokens=cache(partial(_open_tokens, settings, log)),
        ),
    )


def _call_verifier(settings: Settings) -> Verifier | None:
    """Verifies requests to AWS_IAM routes, also with ESB_AUTH=off: that is for the Invoke API."""
    if not (settings.access_key and settings.secret_key):
        return None
    return Verifier(Credentials(settings.access_key, settings.secret_key), time.time, service="execute-api")


def _open_tokens(settings: Settings, log: Log) -> TokenHandler:
    # PyJWT and cryptography: 0.11 s of CPU and 8 MB, only for a gateway that has a route with a token authorizer.
    from esb_gateway.apis.auth import key_finder, token_authorizers  # noqa: PLC0415

    secret, folder = settings.runtime_secret, settings.jwks_dir or settings.config_dir / "jwks"
    finder = key_finder.KeyFinder(secret, partial(key_finder.load_keys_in_thread, folder), time.monotonic, log)
    return token_authorizers.TokenAuthorizerHandler(finder, time.time, secret)
