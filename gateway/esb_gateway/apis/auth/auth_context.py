"""What callers are checked with: the stack's credentials, its secret, and the keys of those who issue tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from esb_gateway.apis.auth.api_keys import Used
from esb_gateway.apis.auth.key_sets import VerificationKey
from esb_gateway.apis.auth.route_auth import Issuer
from esb_wire.http.messages import Request

Found: TypeAlias = Callable[[VerificationKey | None], None]


class KeySource(Protocol):
    """Where the keys of issuers come from."""

    def find(self, issuer: Issuer, key_id: str, found: Found) -> None:
        """Call back once, now or later, with the key; None when the issuer has none of this id."""


class NoKeys:
    """No issuer has a key."""

    def find(self, issuer: Issuer, key_id: str, found: Found) -> None:  # noqa: ARG002 - see KeySource
        """See `KeySource`."""
        found(None)


@dataclass(frozen=True, slots=True)
class Trust:
    """Without `verify_call` nobody can sign a call of a route, without a `secret` the stack issues nothing.

    `used` is what API keys have used of their plans, which a new configuration does not change.
    """

    verify_call: Callable[[Request], None] | None = None
    secret: str = field(default="", repr=False)
    keys: KeySource = field(default_factory=NoKeys)
    used: Used = field(default_factory=Used)
