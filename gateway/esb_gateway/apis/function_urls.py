"""Function URLs, and which of them a request means. Pure.

To its function, a URL looks like an HTTP API with one $default route. It is reached in two ways: by the host name
`<function>.lambda-url.<anything>`, as on AWS, or, for clients that cannot choose one, by the path
`/_url/<function>/...` on any host. The second is also what templates hand to functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from esb_gateway.apis.routing import DEFAULT_PATH, Api, Cors, Match, Route
from esb_wire.http.messages import Request

PATH_PREFIX = "/_url/"
_HOST_LABEL = "lambda-url"


@dataclass(frozen=True, slots=True)
class FunctionUrl:
    """The URL of a function or of its alias `qualifier`; `signed`: AuthType AWS_IAM, `streams`: RESPONSE_STREAM."""

    function: str
    signed: bool
    streams: bool = False
    qualifier: str | None = None
    cors: Cors | None = None

    def match(self, path: str) -> Match:
        """Its one route, which takes every method and every raw path."""
        route = Route(Api(self.function), "ANY", DEFAULT_PATH, self.function, payload="2.0", timeout=inf)
        return Match(route, {}, path)


@dataclass(frozen=True, slots=True)
class UrlMatch:
    """A request for a URL; `path` is the raw path as the function sees it."""

    url: FunctionUrl
    path: str


class UrlTable:
    """Every function URL."""

    def __init__(self, urls: Iterable[FunctionUrl]) -> None:
        self._by_name = {url.function: url for url in urls}
        self._by_label = {url.function.lower(): url for url in urls}  # host names have no letter case

    def match(self, request: Request) -> UrlMatch | None:
        """The URL that the request means, by its host or by its path."""
        if not self._by_name:
            return None
        label, _, rest = request.lowered.get("host", "").partition(".")
        if rest.partition(".")[0].partition(":")[0].lower() == _HOST_LABEL:
            named = self._by_label.get(label.lower())
            return UrlMatch(named, request.path) if named is not None else None
        if not request.path.startswith(PATH_PREFIX):
            return None
        name, slash, path = request.path[len(PATH_PREFIX) :].partition("/")
        url = self._by_name.get(name)
        return UrlMatch(url, slash + path or "/") if url is not None else None
