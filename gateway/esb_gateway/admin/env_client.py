"""The client of `/_esb/env` for `esb-gateway env`."""

from __future__ import annotations

import json
import re
from typing import Final

from esb_gateway.admin.env_page import PATH
from esb_gateway.client.gateway_client import GatewayClient
from esb_gateway.errors import ConfigurationError

_NAME: Final = re.compile(r"AWS_ENDPOINT_URL(_[A-Z0-9_]+)?|[A-Z0-9]+_ENDPOINT")


def embedded_variables(gateway: GatewayClient) -> dict[str, str]:
    """The variables of a gateway of `esb-gateway local`; none of a gateway in a container.

    Raises NoServerError, and ConfigurationError if the gateway is of another stack.
    """
    reply = gateway.send("GET", PATH)
    if reply.status == 403:
        raise ConfigurationError(
            f"{gateway.url}: the gateway there is of another stack, or has other secrets; give the address of this "
            "stack's with --url, or the folder of that stack with --root."
        )
    try:
        found = json.loads(reply.body)["variables"]
        if all(map(_NAME.fullmatch, found)):  # a shell evaluates them, and it may be any server
            return {name: str(text) for name, text in found.items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        pass
    raise ConfigurationError(
        f"{gateway.url}: the server at this URL is not an ESB gateway, or is an older one; give the gateway's URL "
        "with --url."
    )
