"""The backing services that run embedded, all behind one URL, and how others find them."""

from __future__ import annotations

from typing import Final

from esb_schemas.backends import BACKENDS, GATEWAY_URL, NOT_IN_THIS_STACK_URL

EMBEDDED: Final = tuple(row for row in BACKENDS if row.embedded and not row.own)


def ready_lines(stores: str) -> str:
    """A line for each service with its URL, as it is printed at the start."""
    return "".join(f"{row.service}: {stores}\n" for row in EMBEDDED)


def endpoint_variables(stores: str) -> dict[str, str]:
    """The variables by which the provisioner finds the services."""
    return {row.endpoint_variable: stores for row in EMBEDDED}


def sdk_variables(stores: str, gateway: str, elsewhere: str) -> dict[str, str]:
    """The variables by which a function's SDK finds the services and the Lambda API.

    `elsewhere` is the URL that refuses requests for every service that the stack lacks.
    """
    services = {row.sdk_variable: stores for row in EMBEDDED if row.sdk_variable is not None}
    return {"AWS_ENDPOINT_URL": elsewhere, "AWS_ENDPOINT_URL_LAMBDA": gateway, **services}


def moved_urls(stores: str, gateway: str, elsewhere: str) -> dict[str, str]:
    """The URLs that the files of `config/` have for the stack, and those that servers have here."""
    return {**{row.url: stores for row in EMBEDDED}, GATEWAY_URL: gateway, NOT_IN_THIS_STACK_URL: elsewhere}
