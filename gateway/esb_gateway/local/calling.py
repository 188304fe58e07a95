"""Hints for calling the started application: a `curl` line for each route. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from esb_gateway.apis.api import DEFAULT_PATH, Route
from esb_gateway.apis.route_auth import IamAuthorizer, RouteAuth, TokenAuthorizer
from esb_gateway.client.gateway_url import default_url
from esb_gateway.configuration.configuration import Configuration
from esb_gateway.local.folder.credentials import SECRETS

_SHOWN: Final = 40
_DEFAULT_URL: Final = default_url({})
_PARAMETER: Final = re.compile(r"\{([^}+]+)\+?\}")


def calling_lines(configuration: Configuration, url: str, root: Path) -> Iterator[str]:
    """The region, the file of the credentials, and how to call each route and function URL."""
    region = configuration.stack.region
    command = "esb-gateway env" if url == _DEFAULT_URL else f"esb-gateway env --url {url}"
    yield f'region {region}; credentials in {root / SECRETS}: eval "$({command})" sets both'
    routes = list(configuration.routes)
    yield from (_curl(route, url, region) for route in routes[:_SHOWN])
    if len(routes) > _SHOWN:
        yield f"… and {len(routes) - _SHOWN} more routes: esb-gateway has them all in {root / 'config/routing.yml'}"


def _curl(route: Route, url: str, region: str) -> str:
    method = "" if route.method in ("GET", "ANY") else f"-X {route.method} "
    path = "/" if route.path == DEFAULT_PATH else _PARAMETER.sub(lambda found: found[1].upper(), route.path)
    options = "".join(f"{option} " for option in _options(route.auth, region))
    return f"  curl {method}{options}{url.rstrip('/')}{path}"


def _options(auth: RouteAuth | None, region: str) -> Iterable[str]:
    """The credentials that the caller of a protected route has to send."""
    if auth is None:
        return
    match auth.authorizer:
        case IamAuthorizer():
            yield f'--aws-sigv4 aws:amz:{region}:execute-api -u "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"'
        case TokenAuthorizer():
            yield '-H "Authorization: $(esb-gateway token)"'
        case None:
            pass
        case _:
            yield "-H 'Authorization: …'"
    if auth.key_required:
        yield "-H 'x-api-key: …'"  # esb-gateway keys prints them
