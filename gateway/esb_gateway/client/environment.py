"""The variables by which SDKs, the AWS CLI and tests on this machine reach a stack. Pure.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from esb_schemas.backends import (
    BACKENDS,
    HOST_IP,
    LAMBDA_ENDPOINT_VARIABLE,
    NOT_IN_THIS_STACK_URL,
    Backend,
)
from esb_schemas.environment.cleared import CLEARED_VARIABLES

_WILDCARDS: Final = ("", "0.0.0.0", "::")  # noqa: S104 - addresses that a port may be published on


def published_variables(gateway: str, settings: Mapping[str, str], *, own: bool) -> dict[str, str]:
    """The addresses of a stack on Docker Compose: `gateway` is its URL, `settings` are the variables of Compose.

    `own` says whether the stack has ESB's own server. A service that the stack lacks gets an address that does not
    exist, so that nothing is sent to AWS.
    """
    host = urlsplit(gateway).hostname or HOST_IP
    rows = [row for row in BACKENDS if row.sdk_variable is not None and (own or not row.own)]
    return {
        "AWS_ENDPOINT_URL": NOT_IN_THIS_STACK_URL,
        **service_variables({row.service: _published_url(row, settings, host) for row in rows}, gateway),
    }


def service_variables(urls: Mapping[str, str], gateway: str) -> dict[str, str]:
    """The variables of AWS's SDKs and of `esb-provision`, for the services of `urls` and for the Lambda API."""
    found = {"AWS_ENDPOINT_URL_LAMBDA": gateway, LAMBDA_ENDPOINT_VARIABLE: gateway}
    for row in BACKENDS:
        if row.service in urls:
            found[row.endpoint_variable] = urls[row.service]
            found |= dict.fromkeys(row.sdk_variables, urls[row.service])
    return found


def _published_url(row: Backend, settings: Mapping[str, str], host: str) -> str:
    if url := settings.get(row.url_variable):
        return url
    bound = settings.get(row.bind_variable, "")
    address = host if bound in _WILDCARDS else bound
    return f"http://{f'[{address}]' if ':' in address else address}:{settings.get(row.port_variable) or row.port}"


def _for_sh(variables: Mapping[str, str]) -> list[str]:
    cleared = " ".join(CLEARED_VARIABLES)
    return [f"unset {cleared}", *(f"export {name}={shlex.quote(text)}" for name, text in variables.items())]


def _for_fish(variables: Mapping[str, str]) -> list[str]:
    texts = {name: text.replace("\\", "\\\\").replace("'", "\\'") for name, text in variables.items()}
    cleared = [f"set -e {name}" for name in CLEARED_VARIABLES]
    return [*cleared, *(f"set -gx {name} '{text}'" for name, text in texts.items())]


SHELLS: Final[Mapping[str, Callable[[Mapping[str, str]], list[str]]]] = {"sh": _for_sh, "fish": _for_fish}
