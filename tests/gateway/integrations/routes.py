"""Configurations of routes that have an integration."""

from __future__ import annotations

from typing import Any

from esb_gateway.configuration.compiling import read_configuration

FUNCTIONS = {"functions": {"check": {"handler": "h", "runtime": "python3.12"}}}


def configuration(*routes: dict[str, Any], **api: Any) -> Any:
    apis = {"Shop": {"type": "REST", "stage": "Prod", **api}, "Web": {"type": "HTTP"}}
    return read_configuration(FUNCTIONS, {"apis": apis, "routes": list(routes)})
