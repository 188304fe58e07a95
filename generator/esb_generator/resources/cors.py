"""CORS as HTTP APIs and function URLs write it."""

from __future__ import annotations

from esb_generator.resources.nodes import Convert, Node, check_keys, flag, integer, names, texts
from esb_generator.values import Map
from esb_schemas.contract import Cors

MAX_AGE = integer(-1, 86400)  # seconds
_KEYS = names("AllowCredentials AllowHeaders AllowMethods AllowOrigins ExposeHeaders MaxAge")
_ANYONE = Cors(allow_origins=("*",))


def http_cors(node: Node, *, credentials: Convert[bool] = flag) -> Cors | None:
    """CorsConfiguration of an HTTP API, or Cors of a function URL: true, or a mapping of lists."""
    if not isinstance(node.value, Map):
        return _ANYONE if flag(node) else None
    check_keys(node, _KEYS)
    return checked_cors(
        node,
        Cors(
            allow_origins=node.read("AllowOrigins", texts) or (),
            allow_methods=node.read("AllowMethods", texts) or (),
            allow_headers=node.read("AllowHeaders", texts) or (),
            expose_headers=node.read("ExposeHeaders", texts) or (),
            allow_credentials=node.read("AllowCredentials", credentials) or False,
            max_age=node.read("MaxAge", MAX_AGE),
        ),
    )


def checked_cors(node: Node, cors: Cors) -> Cors:
    """The value, after a problem is reported for one that browsers refuse."""
    if cors.allow_credentials and "*" in cors.allow_origins:
        node.problem("allows credentials from every origin, which browsers refuse; name the origins")
    return cors
