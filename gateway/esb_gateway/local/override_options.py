"""What the options of `esb-gateway local` change in a configuration for one run; folder/overrides.py does it.

It is imported before anything runs, so it needs nothing of the gateway.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from esb_gateway.errors import ConfigurationError
from esb_gateway.local.loopback import is_loopback


@dataclass(frozen=True, slots=True)
class Overrides:
    """`env_vars` is a file in the shape of `sam local --env-vars`; `no_authorizers`: routes are answered without."""

    env_vars: Path | None = None
    no_authorizers: bool = False


NO_OVERRIDES: Final = Overrides()


def check_loopback(host: str) -> None:
    """Raises ConfigurationError if others than programs of this machine reach the address."""
    if not is_loopback(host):
        raise ConfigurationError(
            f"--disable-authorizer: not with --host {host}, where other machines could call every route; listen on "
            "127.0.0.1, or keep the authorizers (esb-gateway token prints a token)."
        )
