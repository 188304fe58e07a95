"""The public keys of issuers: derived, from a file, or fetched; cached, and loaded again if a key is missing.

Keys are loaded in a thread, and at most once within `PAUSE` for one issuer, whatever tokens arrive. Keys that are older
than `MAX_AGE` stay in use while they are loaded again, so that a machine without a network goes on with what it has.
"""

from __future__ import annotations

import asyncio
import json
import re
import urllib.request
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Final, TypeAlias

from esb_gateway.apis.auth.key_sets import InvalidKeySet, VerificationKey, read_key_set
from esb_gateway.apis.auth.signing_keys import signing_key
from esb_gateway.apis.route_auth import Issuer
from esb_gateway.clocks import Clock
from esb_gateway.telemetry.logs import Log

PAUSE: Final = 10.0  # seconds between two attempts to load the keys of one issuer
MAX_AGE: Final = 3600.0  # seconds after which known keys are loaded again
_TIMEOUT: Final = 5.0  # seconds for one response of an issuer
_MAX_SIZE: Final = 1024 * 1024  # bytes of one response

KeySet: TypeAlias = Mapping[str, VerificationKey]
Load: TypeAlias = Callable[[Issuer], Awaitable[KeySet]]


@dataclass(slots=True)
class _IssuerKeys:
    """The known keys of an issuer. `tried` is when they were last loaded; all callers wait for the one `loading`."""

    keys: KeySet = field(default_factory=dict)
    tried: float = float("-inf")
    loading: asyncio.Task[None] | None = None


class KeyFinder:
    """A `KeySource`. `clock` measures and never jumps."""

    def __init__(self, secret: str, load: Load, clock: Clock, log: Log) -> None:
        self._secret = secret
        self._load = load
        self._clock = clock
        self._log = log
        self._issuers: dict[str, _IssuerKeys] = {}

    async def find(self, issuer: Issuer, key_id: str) -> VerificationKey | None:
        if issuer.issued_here and self._secret:
            own = signing_key(self._secret, issuer.url)
            if own.id == key_id:
                return own.verification
        known = self._issuers.setdefault(issuer.url, _IssuerKeys())
        key = known.keys.get(key_id)
        if known.loading is None and self._clock() >= known.tried + (PAUSE if key is None else MAX_AGE):
            known.tried = self._clock()
            known.loading = asyncio.create_task(self._refresh(issuer, known))
        if key is not None or known.loading is None:
            return key
        await asyncio.shield(known.loading)
        return known.keys.get(key_id)

    async def _refresh(self, issuer: Issuer, known: _IssuerKeys) -> None:
        try:
            known.keys = await self._load(issuer)
        except Exception as error:  # keys that cannot be loaded, for whatever reason, must not take known ones away
            message = f"{issuer.url}: its keys cannot be loaded ({error}); tokens of unknown keys are rejected."
            self._log("gateway", "WARN", {"message": message})
        finally:
            known.loading = None


async def load_keys_in_thread(folder: Path, issuer: Issuer) -> KeySet:
    """See `load_keys`. Unlike with `asyncio.to_thread`, a process that ends does not wait for the thread."""
    result: Future[KeySet] = Future()

    def run() -> None:
        result.set_running_or_notify_cancel()
        try:
            result.set_result(load_keys(folder, issuer))
        except Exception as error:
            result.set_exception(error)

    Thread(target=run, name="token keys", daemon=True).start()
    return await asyncio.wrap_future(result)


def file_name(issuer: str) -> str:
    """The file of an issuer's keys: its URL without the scheme, `/` and `:` as `_`, `https://a.b/c` in `a.b_c.json`."""
    return re.sub(r"[^A-Za-z0-9.-]", "_", issuer.partition("://")[2].rstrip("/")) + ".json"


def load_keys(folder: Path, issuer: Issuer) -> KeySet:
    """The keys of an issuer: from its file if there is one, else from the issuer itself.

    Nothing is fetched for a user pool of the application, which does not exist. Raises OSError or InvalidKeySet.
    """
    path = folder / file_name(issuer.url)
    if path.is_file():
        return read_key_set(path.read_bytes())
    if issuer.issued_here:
        raise InvalidKeySet(f"there is no file {path}")
    return fetch_keys(issuer.url)


def fetch_keys(issuer: str) -> KeySet:
    """The keys as the issuer publishes them (OpenID Connect Discovery 1.0). Raises OSError or InvalidKeySet."""
    try:
        discovery = json.loads(_get(f"{issuer.rstrip('/')}/.well-known/openid-configuration"))
    except ValueError as error:
        raise InvalidKeySet("its openid-configuration is not JSON") from error
    if not isinstance(discovery, dict) or discovery.get("issuer") != issuer:
        raise InvalidKeySet("its openid-configuration is another issuer's")
    location = discovery.get("jwks_uri")
    if not isinstance(location, str) or not location.startswith(("https://", "http://")):
        raise InvalidKeySet("its openid-configuration has no jwks_uri")
    if issuer.startswith("https://") and not location.startswith("https://"):
        raise InvalidKeySet("its jwks_uri is not https, as the issuer is")
    return read_key_set(_get(location))


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Keys are fetched from where the issuer publishes them and from nowhere else: a redirect is an error."""

    def redirect_request(self, *_: object) -> None:
        return None


_OPENER: Final = urllib.request.build_opener(_NoRedirects)


def _get(url: str) -> bytes:
    with _OPENER.open(url, timeout=_TIMEOUT) as response:  # http or https: the contract and fetch_keys check that
        body: bytes = response.read(_MAX_SIZE + 1)
    if len(body) > _MAX_SIZE:
        raise InvalidKeySet(f"{url} answers with more than {_MAX_SIZE} bytes")
    return body
