"""The client of `/_esb/env` for `esb-gateway env`."""

from __future__ import annotations

import json

from esb_gateway.admin.env_page import PATH
from esb_gateway.client import GatewayClient
from esb_gateway.errors import ConfigurationError


def embedded_variables(gateway: GatewayClient) -> dict[str, str]:
    """The variables of a gateway of `esb-gateway local`; none of a gateway in a container.

    Raises NoGatewayError, and ConfigurationError if the gateway is of another stack.
    """
    reply = gateway.send("GET", PATH)
    if reply.status == 403:
        raise ConfigurationError(
            f"{gateway.url}: the gateway there is of another stack, or has other secrets; give the address of this "
            "stack's with --url, or the folder of that stack with --root."
        )
    try:
        found = json.loads(reply.body)["variables"]
        return {str(name): str(text) for name, text in found.items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ConfigurationError(
            f"{gateway.url}: the server at this URL is not an ESB gateway, or is an older one; give the gateway's URL "
            "with --url."
        ) from None
