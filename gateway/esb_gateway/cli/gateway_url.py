"""The URL of the gateway that a command asks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from esb_gateway.client.gateway_url import GATEWAY_URL_VARIABLE, default_url
from esb_gateway.local.folder.address_file import running_gateway


def gateway_url(given: str | None, root: Path, environment: Mapping[str, str]) -> str:
    """That of `--url`, else of ESB_GATEWAY_URL, else of the `esb-gateway local` that serves the folder, else the one of
    the stack's port.

    Raises ConfigurationError for a link in the folder.
    """
    named = given or environment.get(GATEWAY_URL_VARIABLE)
    return named or running_gateway(root) or default_url(environment)
