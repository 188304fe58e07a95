"""What the options of `esb-gateway local` change in a configuration for one run; folder/overrides.py does it.

It is imported before anything runs, so it needs nothing of the gateway.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from esb_gateway.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Overrides:
    """`env_vars` is a file in the shape of `sam local --env-vars`; `no_authorizers`: routes are answered without."""

    env_vars: Path | None = None
    no_authorizers: bool = False


NO_OVERRIDES: Final = Overrides()


def check_loopback(host: str) -> None:
    """Raises ConfigurationError if others than programs of this machine reach the address."""
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise ConfigurationError(
            f"--disable-authorizer: not with --host {host}, where other machines could call every route; listen on "
            "127.0.0.1, or keep the authorizers (esb-gateway token prints a token)."
        )
