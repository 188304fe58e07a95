"""Function URLs, and which of them a request is for. Pure.

For its function, a URL is an HTTP API with one $default route. It has two addresses: the host name
`<function>.lambda-url.<anything>`, as on AWS, or, for clients that cannot choose one, the path `/_url/<function>/...`
on any host. Templates hand the latter to functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import Final, NamedTuple

from esb_gateway.apis.api import DEFAULT_PATH, Api, Integration, Route
from esb_gateway.apis.api_types import FUNCTION_URL
from esb_gateway.apis.routing import Match
from esb_schemas.contract import Cors
from esb_wire.http.messages import Request

PATH_PREFIX: Final = "/_url/"
_HOST_LABEL: Final = "lambda-url"


@dataclass(frozen=True, slots=True)
class FunctionUrl(Integration):
    """The URL of a function. `signed` means AuthType AWS_IAM, `streams` RESPONSE_STREAM; `arn` includes an alias."""

    function: str
    arn: str
    signed: bool
    streams: bool = False
    cors: Cors | None = None


class NoUrl(NamedTuple):
    """A request for a host name of function URLs that no function has."""


class UrlMatch(NamedTuple):
    """A request for a URL. The path of `match` is the raw path as the function sees it."""

    url: FunctionUrl
    match: Match


def _route(url: FunctionUrl) -> Route:
    return Route(Api(url.function, FUNCTION_URL), "ANY", DEFAULT_PATH, "2.0", inf, url)


class UrlTable:
    """Every function URL."""

    def __init__(self, urls: Iterable[FunctionUrl]) -> None:
        self._by_name = {url.function: (url, _route(url)) for url in urls}
        self._by_label = {name.lower(): entry for name, entry in self._by_name.items()}  # host names have no case

    def match(self, request: Request) -> UrlMatch | NoUrl | None:
        """The URL that a request is for, by its host or by its path."""
        label, _, rest = request.lowered.get("host", "").partition(".")
        if rest.partition(".")[0].partition(":")[0].lower() == _HOST_LABEL:
            found, path = self._by_label.get(label.lower()), request.path
            if found is None:
                return NoUrl()
        elif self._by_name and request.path.startswith(PATH_PREFIX):
            name, slash, path = request.path[len(PATH_PREFIX) :].partition("/")
            found, path = self._by_name.get(name), slash + path or "/"
        else:
            return None
        return UrlMatch(found[0], Match(found[1], {}, path)) if found is not None else None
