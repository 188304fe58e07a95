"""CORS: the responses to preflight requests, and the headers of other responses.

HTTP API, "Configure CORS for HTTP APIs": every preflight is answered, and the function's own CORS headers are replaced.
A function URL ("Function URL CORS") differs in the status of a preflight only.
REST API, SAM's `Cors` property: an OPTIONS method with a mock integration; otherwise the function sends the headers.
"""

from __future__ import annotations

from collections.abc import Iterable

from esb_gateway.apis.api import Api
from esb_gateway.apis.routing import Preflight
from esb_schemas.contract import Cors
from esb_wire.http.messages import Headers, Request, Response


def answer_preflight(request: Request, preflight: Preflight) -> Response:
    """The response to an OPTIONS request for an API that has CORS."""
    api = preflight.api
    cors = api.cors or Cors()
    if api.type.mocks_cors:
        return Response(200, (("Content-Type", "application/json"), *_mock_headers(cors, preflight.methods)))
    return Response(204, _preflight_headers(cors, request))


def answer_url_preflight(request: Request, cors: Cors) -> Response:
    """The response to a preflight request for a function URL."""
    return Response(200, _preflight_headers(cors, request))


def add_api_cors(api: Api, origin: str | None, headers: Headers) -> Headers:
    """The headers of an integration's response as the API sends them."""
    return headers if api.cors is None or api.type.mocks_cors else add_cors(api.cors, origin, headers)


def add_cors(cors: Cors, origin: str | None, headers: Headers) -> Headers:
    """The headers of a response, with the CORS headers of `cors` in place of those that it has."""
    kept = tuple(item for item in headers if not item[0].lower().startswith("access-control-"))
    if origin is None:
        return kept
    allowed = _allowed_origin(cors, origin)
    if allowed is None:
        return kept
    return (*kept, *_credentials(allowed, cors), *_listed("Access-Control-Expose-Headers", cors.expose_headers))


def _mock_headers(cors: Cors, path_methods: tuple[str, ...]) -> Headers:
    return (
        *_listed("Access-Control-Allow-Origin", cors.allow_origins),
        *_listed("Access-Control-Allow-Headers", cors.allow_headers),
        *_listed("Access-Control-Allow-Methods", cors.allow_methods or path_methods),
        *_max_age(cors),
        *((("Access-Control-Allow-Credentials", "true"),) if cors.allow_credentials else ()),
    )


def _preflight_headers(cors: Cors, request: Request) -> Headers:
    allowed = _allowed_origin(cors, request.lowered.get("origin", ""))
    if allowed is None:
        return ()
    return (
        *_credentials(allowed, cors),
        *_listed("Access-Control-Allow-Methods", cors.allow_methods),
        *_listed("Access-Control-Allow-Headers", cors.allow_headers),
        *_max_age(cors),
    )


def _allowed_origin(cors: Cors, origin: str) -> str | None:
    """The value of Access-Control-Allow-Origin for this origin; None if it is not allowed."""
    if "*" in cors.allow_origins:
        return "*"
    scheme = origin.partition("://")[0]
    if origin and (origin in cors.allow_origins or f"{scheme}://*" in cors.allow_origins):
        return origin
    return None


def _credentials(allowed: str, cors: Cors) -> Headers:
    origin = ("Access-Control-Allow-Origin", allowed)
    return (origin, ("Access-Control-Allow-Credentials", "true")) if cors.allow_credentials else (origin,)


def _listed(name: str, values: Iterable[str]) -> Headers:
    text = ",".join(values)
    return ((name, text),) if text else ()


def _max_age(cors: Cors) -> Headers:
    return () if cors.max_age is None else (("Access-Control-Max-Age", str(cors.max_age)),)
