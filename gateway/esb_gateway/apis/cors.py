"""What the gateway itself says to pages of other origins.

HTTP API: "Configure CORS for HTTP APIs" - any preflight is answered, the function's own CORS headers are replaced. A
function URL is the same ("Function URL CORS"), but for the status of a preflight.
REST API: SAM's `Cors` property - an OPTIONS method with a mock integration; elsewhere the function sends the headers.
"""

from __future__ import annotations

from collections.abc import Iterable

from esb_gateway.apis.routing import Api, ApiType, Cors, Preflight
from esb_wire.http.messages import Headers, Request, Response


def answer_preflight(request: Request, preflight: Preflight) -> Response:
    """The answer to an OPTIONS request for an API that has CORS."""
    api = preflight.api
    cors = api.cors or Cors()
    match api.type:
        case ApiType.REST:
            return Response(200, (("Content-Type", "application/json"), *_mock_headers(cors, preflight.methods)))
        case ApiType.HTTP:
            return Response(204, _preflight_headers(cors, request))


def answer_url_preflight(request: Request, cors: Cors) -> Response:
    """The answer to a preflight request for a function URL."""
    return Response(200, _preflight_headers(cors, request))


def with_cors(api: Api, origin: str | None, headers: Headers) -> Headers:
    """The headers of a function's answer as an HTTP API with CORS sends them; other APIs' pass unchanged."""
    if api.cors is None or api.type is not ApiType.HTTP:
        return headers
    return with_own_cors(api.cors, origin, headers)


def with_own_cors(cors: Cors, origin: str | None, headers: Headers) -> Headers:
    """The headers of a function's answer, with the CORS headers of `cors` in place of its own."""
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
    """What Access-Control-Allow-Origin says to this origin; None when it is not allowed."""
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
