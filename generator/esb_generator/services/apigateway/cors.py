"""CORS of an API, from all the ways in which a template configures it."""

from __future__ import annotations

from esb_generator.resources.cors import MAX_AGE, checked_cors, http_cors
from esb_generator.resources.nodes import Node, check_keys, flag, names, text, texts
from esb_generator.values import Map, Seq
from esb_schemas.contract import Cors

_REST = names("AllowCredentials AllowHeaders AllowMethods AllowOrigin MaxAge")
_HEADER = "method.response.header.Access-Control-"


def rest_cors(node: Node) -> Cors | None:
    """Cors of AWS::Serverless::Api: an origin or a mapping, each value in an additional pair of quotes (`"'*'"`)."""
    if isinstance(node.value, bool):
        node.problem("must be an origin in quotes, such as \"'*'\", or a mapping")
        return None
    if not isinstance(node.value, Map):
        return Cors(allow_origins=(_unquoted(node),))
    check_keys(node, _REST)
    return checked_cors(
        node,
        Cors(
            allow_origins=(node.read("AllowOrigin", _unquoted) or "*",),
            allow_methods=node.read("AllowMethods", _words) or (),
            allow_headers=node.read("AllowHeaders", _words) or (),
            allow_credentials=node.read("AllowCredentials", _sam_credentials) or False,
            max_age=node.read("MaxAge", _quoted_age),
        ),
    )


def sam_http_cors(node: Node) -> Cors | None:
    """CorsConfiguration of AWS::Serverless::HttpApi."""
    return http_cors(node, credentials=_sam_credentials)


def openapi_cors(node: Node) -> Cors:
    """`x-amazon-apigateway-cors` of an HTTP API's document, in which a text may replace a list."""
    return Cors(
        allow_origins=node.read("allowOrigins", _words_or_list) or (),
        allow_methods=node.read("allowMethods", _words_or_list) or (),
        allow_headers=node.read("allowHeaders", _words_or_list) or (),
        expose_headers=node.read("exposeHeaders", _words_or_list) or (),
        allow_credentials=node.read("allowCredentials", flag) or False,
        max_age=node.read("maxAge", MAX_AGE),
    )


def preflight_cors(parameters: Node) -> Cors | None:
    """The response parameters of a mock OPTIONS integration, if they answer a preflight.

    Credentials for every origin are no CORS that browsers accept; the integration then answers like any other.
    """
    if not parameters.has(f"{_HEADER}Allow-Origin"):
        return None
    cors = Cors(
        allow_origins=(parameters.read(f"{_HEADER}Allow-Origin", _unquoted) or "*",),
        allow_methods=parameters.read(f"{_HEADER}Allow-Methods", _words) or (),
        allow_headers=parameters.read(f"{_HEADER}Allow-Headers", _words) or (),
        allow_credentials=parameters.read(f"{_HEADER}Allow-Credentials", _unquoted) == "true",
        max_age=parameters.read(f"{_HEADER}Max-Age", _quoted_age),
    )
    if cors.allow_credentials and "*" in cors.allow_origins:
        parameters.notice(f"{parameters.path} allows credentials from every origin, which browsers refuse")
        return None
    return cors


def _sam_credentials(node: Node) -> bool:
    """The SAM transform accepts the boolean true only; text is false."""
    if not isinstance(node.value, bool):
        node.notice(
            "Cors.AllowCredentials is not the plain true, so AWS does not allow credentials; nor does the gateway"
        )
    return node.value is True


def _unquoted(node: Node) -> str:
    return text(node).strip().strip("'").strip()


def _words(node: Node) -> tuple[str, ...]:
    return tuple(word for word in (part.strip() for part in _unquoted(node).split(",")) if word)


def _words_or_list(node: Node) -> tuple[str, ...]:
    return texts(node) if isinstance(node.value, Seq) else _words(node)


def _quoted_age(node: Node) -> int:
    age = _unquoted(node)
    if not age.removeprefix("-").isdecimal():
        node.problem(f"must be a number of seconds, such as \"'600'\", not {age!r}")
        return 0
    return int(age)
