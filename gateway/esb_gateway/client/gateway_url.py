"""The URL of the gateway that commands ask. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

GATEWAY_URL_VARIABLE: Final = "ESB_GATEWAY_URL"
_PORTS: Final = ("ESB_PLAIN_PORT", "ESB_PORT", "ESB_GATEWAY_PORT")


def default_url(environment: Mapping[str, str]) -> str:
    """The URL of this machine's gateway, or of this container's, unless ESB_GATEWAY_URL names another one."""
    port = next(filter(None, map(environment.get, _PORTS)), "8080")
    return f"http://127.0.0.1:{port}"
