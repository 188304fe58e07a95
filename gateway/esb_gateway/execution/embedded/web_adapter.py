"""Functions with the Lambda Web Adapter as processes of this machine: what keeps one from running."""

from __future__ import annotations

import socket
from collections.abc import Collection, Mapping
from typing import Final

from esb_gateway.invocation import Function

PROGRAM: Final = "lambda-adapter"
_LAYER: Final = "-lambda-web-adapter"  # how the folder of its layer ends
_PORT: Final = "8080"  # the adapter's default


def adapter_problem(function: Function, extensions: Collection[str]) -> str | None:
    """Why the function's server would get no request, as one sentence; None if it would. `extensions` are its own.

    The server's port is one of this machine's. If another program has it, that would get the requests of the function.
    """
    if PROGRAM not in extensions:
        if not any(layer.endswith(_LAYER) for layer in function.layers):
            return None
        return (
            f"{function.name}: the Lambda Web Adapter is in an image, which a local process does not have; set"
            " ESB_WEB_ADAPTER to its program, a file, and build again."
        )
    port = server_port(function.environment)
    if port.isdecimal() and not _is_free(int(port)):
        return (
            f"{function.name}: port {port}, where the Lambda Web Adapter expects its server, is in use on this machine;"
            " set another in AWS_LWA_PORT, or in PORT, of its environment."
        )
    return None


def server_port(environment: Mapping[str, str]) -> str:
    """The port of the function's server; PORT is what AWS_LWA_PORT was before."""
    return environment.get("AWS_LWA_PORT") or environment.get("PORT") or _PORT


def _is_free(port: int) -> bool:
    try:
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(("127.0.0.1", port))
    except (OSError, OverflowError):
        return False
    return True
