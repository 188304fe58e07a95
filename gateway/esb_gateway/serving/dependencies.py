"""The dependencies of a gateway besides its configuration: timers, randomness, credentials, telemetry, connections."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial

from esb_gateway.admin.readiness import Readiness
from esb_gateway.apis.auth.auth_context import AuthContext, TokenHandler
from esb_gateway.expiry.ttl_removals import TtlRemovals
from esb_gateway.forwarding.forwarder import Forwarder
from esb_gateway.forwarding.plain_forwarder import LIMITS, PlainForwarder
from esb_gateway.serving.static_files import StaticFiles
from esb_gateway.settings import Settings
from esb_gateway.telemetry.logs import Log
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from esb_wire.http.limits import MAX_BODY
from esb_wire.offload import Offload, OffloadProcesses
from esb_wire.sigv4 import Credentials, Verifier, Verify
from esb_wire.timers import CallLater


def http_forwarder() -> Forwarder:
    """Sends requests to other servers; needs a running event loop."""
    # Without a timeout of its own: a route has one.
    return PlainForwarder(_with_httpx, LIMITS._replace(timeout=None, max_body=MAX_BODY))


def _with_httpx() -> Forwarder:
    # 0.16 s of CPU and 10 MB, a quarter of an idle gateway, only for one that sends something with TLS.
    from esb_gateway.forwarding.http_forwarder import HttpForwarder  # noqa: PLC0415

    return HttpForwarder()


@dataclass(frozen=True, slots=True)
class Dependencies:
    """If `verify` is None, the Invoke API requires no signature."""

    call_later: CallLater
    identifiers: Identifiers
    verify: Verify | None
    telemetry: Telemetry
    readiness: Readiness
    auth: AuthContext = field(default_factory=AuthContext)
    open_forwarder: Callable[[], Forwarder] = http_forwarder
    static: StaticFiles | None = None
    offload: Offload = field(default_factory=OffloadProcesses)
    ttl_removals: TtlRemovals = field(default_factory=TtlRemovals)


def build_dependencies(settings: Settings, log: Log, readiness: Readiness) -> Dependencies:
    """The dependencies of a gateway in production; needs a running event loop."""
    verify = None
    if settings.auth:
        verify = Verifier(Credentials(settings.access_key, settings.secret_key), time.time)
    else:
        log("gateway", "WARN", {"message": "ESB_AUTH=off: the Invoke API answers everyone, signed or not."})
    if settings.debugged:
        text = f"ESB_DEBUG: {', '.join(settings.debugged)}: one slot and no deadline, while a person debugs."
        log("gateway", "WARN", {"message": text})
    return Dependencies(
        call_later=asyncio.get_running_loop().call_later,
        identifiers=Identifiers(os.urandom),
        verify=verify,
        telemetry=Telemetry(log, time.time, settings.access_log),
        readiness=readiness,
        static=None if settings.static is None else StaticFiles(settings.static),
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
    # PyJWT and cryptography: 0.11 s of CPU and 12 MB, a third of an idle gateway, only for token authorizers.
    from esb_gateway.apis.auth import key_finder, token_authorizers  # noqa: PLC0415

    secret, folder = settings.runtime_secret, settings.jwks_dir or settings.config_dir / "jwks"
    finder = key_finder.KeyFinder(secret, partial(key_finder.load_keys_in_thread, folder), time.monotonic, log)
    return token_authorizers.TokenAuthorizerHandler(finder, time.time, secret)
