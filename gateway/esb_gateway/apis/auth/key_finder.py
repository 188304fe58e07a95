"""The public keys of issuers: derived, from a file, or fetched; kept, and looked for again when a key is not there.

Looking happens in a thread and never twice within `PAUSE` for one issuer, whatever tokens come. Keys that are older
than `MAX_AGE` are used while new ones are looked for: a box whose network is away goes on with what it knows.
"""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from esb_gateway.apis.auth.auth_context import Found
from esb_gateway.apis.auth.key_sets import BadKeySet, VerificationKey, read_key_set
from esb_gateway.apis.auth.route_auth import Issuer
from esb_gateway.logs import Log

PAUSE: Final = 10.0  # seconds between two looks for the keys of one issuer
MAX_AGE: Final = 3600.0  # seconds after which known keys are looked for again
_TIMEOUT: Final = 5.0  # seconds for one answer of an issuer
_MAX_SIZE: Final = 1024 * 1024  # bytes of one answer

KeySet: TypeAlias = Mapping[str, VerificationKey]
Loaded: TypeAlias = Callable[[KeySet | Exception], None]
# Loads the keys of an issuer elsewhere, and calls back with them, or with the reason why they cannot be had.
Load: TypeAlias = Callable[[Issuer, Loaded], None]


@dataclass(slots=True)
class _Known:
    """The keys of an issuer, as far as they are known; `tried` is when they were last looked for."""

    keys: KeySet = field(default_factory=dict)
    tried: float = float("-inf")
    waiting: list[tuple[str, Found]] | None = None


class KeyFinder:
    """Finds keys, see `KeySource`. `clock` measures and never jumps."""

    def __init__(self, secret: str, load: Load, clock: Callable[[], float], log: Log) -> None:
        self._secret = secret
        self._load = load
        self._clock = clock
        self._log = log
        self._known: dict[str, _Known] = {}

    def find(self, issuer: Issuer, key_id: str, found: Found) -> None:
        """See `KeySource`."""
        if issuer.issued_here and self._secret:
            from esb_gateway.apis.auth.signing_keys import signing_key  # noqa: PLC0415 - see admission.py

            own = signing_key(self._secret, issuer.url)
            if own.id == key_id:
                found(own.verification)
                return
        known = self._known.setdefault(issuer.url, _Known())
        key = known.keys.get(key_id)
        if key is not None:
            found(key)
        elif known.waiting is not None:
            known.waiting.append((key_id, found))
            return
        elif self._clock() < known.tried + PAUSE:
            found(None)
            return
        if known.waiting is None and self._clock() >= known.tried + (PAUSE if key is None else MAX_AGE):
            self._look(issuer, known, [] if key is not None else [(key_id, found)])

    def _look(self, issuer: Issuer, known: _Known, waiting: list[tuple[str, Found]]) -> None:
        known.tried, known.waiting = self._clock(), waiting

        def loaded(keys: KeySet | Exception) -> None:
            if isinstance(keys, Exception):
                message = f"{issuer.url}: its keys cannot be had ({keys}); tokens of unknown keys are refused."
                self._log("gateway", "WARN", {"message": message})
            else:
                known.keys = keys
            called, known.waiting = known.waiting or [], None
            for key_id, found in called:
                found(known.keys.get(key_id))

        self._load(issuer, loaded)


def file_name(issuer: str) -> str:
    """The file of an issuer's keys: its URL without the scheme, `/` and `:` as `_`, `https://a.b/c` in `a.b_c.json`."""
    return re.sub(r"[^A-Za-z0-9.-]", "_", issuer.partition("://")[2].rstrip("/")) + ".json"


def load_keys(folder: Path, issuer: Issuer) -> KeySet:
    """The keys of an issuer: of its file where there is one, else of its own answers.

    Nobody is asked in the name of a user pool that is not there. Raises OSError or BadKeySet.
    """
    path = folder / file_name(issuer.url)
    if path.is_file():
        return read_key_set(path.read_bytes())
    if issuer.issued_here:
        raise BadKeySet(f"there is no file {path}")
    return fetch_keys(issuer.url)


def fetch_keys(issuer: str) -> KeySet:
    """The keys as the issuer publishes them (OpenID Connect Discovery 1.0). Raises OSError or BadKeySet."""
    try:
        discovery = json.loads(_get(f"{issuer.rstrip('/')}/.well-known/openid-configuration"))
    except ValueError as error:
        raise BadKeySet("its openid-configuration is not JSON") from error
    if not isinstance(discovery, dict) or discovery.get("issuer") != issuer:
        raise BadKeySet("its openid-configuration is another issuer's")
    location = discovery.get("jwks_uri")
    if not isinstance(location, str) or not location.startswith(("https://", "http://")):
        raise BadKeySet("its openid-configuration has no jwks_uri")
    if issuer.startswith("https://") and not location.startswith("https://"):
        raise BadKeySet("its jwks_uri is not https, as the issuer is")
    return read_key_set(_get(location))


class _Stay(urllib.request.HTTPRedirectHandler):
    """Keys are taken from where the issuer says they are, and from nowhere else."""

    def redirect_request(self, *_: object) -> None:
        """Do not go there: the redirect is an error."""


_OPENER: Final = urllib.request.build_opener(_Stay)


def _get(url: str) -> bytes:
    with _OPENER.open(url, timeout=_TIMEOUT) as answer:  # http or https: the contract and fetch_keys see to it
        body: bytes = answer.read(_MAX_SIZE + 1)
    if len(body) > _MAX_SIZE:
        raise BadKeySet(f"{url} answers with more than {_MAX_SIZE} bytes")
    return body
