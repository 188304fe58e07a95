"""Routing: from a method and a path to a route. Pure; the routes are compiled once, and matching only reads them.

The rules are API Gateway's ("Create routes for HTTP APIs", "Gateway response types", SAM's `Cors` property):

- A static segment comes before `{name}`, `{name}` before `{name+}`, all of them before `$default`.
- A segment is compared after percent-decoding. `{name}` takes one segment that is not empty, `{name+}` one or more.
- If a path matches but its method does not, a less specific route that has the method answers.
- A REST API ignores one trailing slash, and further slashes before the path; in an HTTP API they make a different path.
- HEAD is a method like any other: it needs a HEAD or an ANY route.
- A path may begin with the API's stage, unless a route has that segment itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import unquote

from esb_gateway.apis.api import DEFAULT_PATH, Api, Route

_NO_API: Final = Api("")
_ALL_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class Match(NamedTuple):
    """A route answers. `path` is the request's path without a stage; `full_path`, if it is another, as it was sent."""

    route: Route
    path_parameters: Mapping[str, str]
    path: str
    full_path: str = ""


@dataclass(frozen=True, slots=True)
class Preflight:
    """The gateway itself answers an OPTIONS request. `methods` are those of the path, for an API that names none.

    `path` is the request's path without a stage.
    """

    api: Api
    methods: tuple[str, ...]
    path: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """No route answers. `api` is the first API; without any, an HTTP API that does not exist."""

    api: Api


Routed: TypeAlias = Match | Preflight | NotFound


@dataclass(slots=True)
class _Node:
    """One position in the paths of an API. `routes` are by method, with the names of the parameters that lead there."""

    static: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    greedy: _Node | None = None
    routes: dict[str, tuple[Route, tuple[str, ...]]] = field(default_factory=dict)


_Found: TypeAlias = tuple[_Node, list[str]]


class Router:
    """Every route of every API, compiled."""

    def __init__(self, apis: Sequence[Api], routes: Iterable[Route]) -> None:
        self._apis = [_CompiledApi(api) for api in apis]
        self._by_host = {compiled.api.id.lower(): [compiled] for compiled in self._apis}
        by_id = {compiled.api.id: compiled for compiled in self._apis}
        for route in routes:
            by_id[route.api.id].add(route)

    def match(self, method: str, path: str, host: str = "", *, preflight_for: str | None = None) -> Routed:
        """Find what answers `method` on the raw `path`.

        The host `<api id>.anything` means that API alone. Any other host means all of them in order, explicit routes
        before any `$default`; if no route answers, the response is that of the first API. `preflight_for` is the method
        that a CORS preflight request asks about.
        """
        apis = self._by_host.get(host.partition(".")[0].lower(), self._apis) if "." in host else self._apis
        for api in apis:
            if (found := api.explicit(method, path, preflight_for)) is not None:
                return found
        for api in apis:
            if (default := api.default(method, path, preflight_for)) is not None:
                return default
        return NotFound(apis[0].api if apis else _NO_API)


class _CompiledApi:
    """The routes of one API: paths without parameters in a dictionary, the others in a tree of segments."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._mocks_options = api.cors is not None and api.type.mocks_cors
        self._answers_preflights = api.cors is not None and not api.type.mocks_cors
        self._exact: dict[str, _Node] = {}
        self._root = _Node()
        self._default: Route | None = None
        self._stage_prefix = f"/{api.stage}/"
        self._cleans = api.type.ignores_outer_slashes

    def add(self, route: Route) -> None:
        if route.path == DEFAULT_PATH:
            self._default = self._default or route
            return
        node, names = self._root, []
        for segment in route.path[1:].split("/"):
            node = _child(node, segment)
            if segment.startswith("{"):
                names.append(segment.strip("{+}"))
        # The first of two equal routes wins, as routing.yml says.
        node.routes.setdefault(route.method, (route, tuple(names)))
        if not names:
            self._exact[route.path] = node

    def explicit(self, method: str, path: str, preflight_for: str | None) -> Match | Preflight | None:
        """The match of a route that is not `$default`, also for a path that starts with the API's stage.

        Without the stage, such a path may match a route that begins with a parameter, `/{proxy+}` for example. The
        stage then comes first.
        """
        cleaned = _single_slash(path) if self._cleans and path.startswith("//") else path
        found = self._lookup(method, cleaned, preflight_for)
        if not cleaned.startswith(self._stage_prefix):
            return _with_full_path(found, path)
        if isinstance(found, Match) and not found.route.path.startswith("/{"):
            return _with_full_path(found, path)
        rest = cleaned[len(self._stage_prefix) - 1 :]
        below = self._lookup(method, _single_slash(rest) if self._cleans else rest, preflight_for)
        return _with_full_path(below, rest) if below is not None else _with_full_path(found, path)

    def default(self, method: str, path: str, preflight_for: str | None) -> Match | Preflight | None:
        if self._is_preflight(method, preflight_for):
            return Preflight(self.api, (), path)
        return Match(self._default, {}, path) if self._default is not None else None

    def _lookup(self, method: str, path: str, preflight_for: str | None) -> Match | Preflight | None:
        if self._is_preflight(method, preflight_for):
            fits = self._resolve(preflight_for or method, path) or self._resolve(method, path)
            return Preflight(self.api, (), path) if fits is not None else None
        node = None if method == "OPTIONS" and self._mocks_options else self._exact.get(path)
        if node is not None and (leaf := _leaf(node, method)) is not None:
            return Match(leaf[0], {}, path)
        return self._resolve(method, path)

    def _resolve(self, method: str, path: str) -> Match | Preflight | None:
        raw = path[1:-1] if self._cleans and len(path) > 1 and path.endswith("/") else path[1:]
        parts = raw.split("/")
        segments = [unquote(part) for part in parts] if "%" in raw else parts
        values = segments if self.api.type.decodes_parameters else parts
        if method != "OPTIONS" or not self._mocks_options:
            return _matched(_descend(self._root, segments, values, method), method, path)
        # SAM gives every path a mock OPTIONS method that has none.
        found = _descend(self._root, segments, values, None)
        if found is not None and "OPTIONS" not in found[0].routes:
            return Preflight(self.api, _methods_of(found[0]), path)
        return _matched(found, method, path)

    def _is_preflight(self, method: str, preflight_for: str | None) -> bool:
        return self._answers_preflights and method == "OPTIONS" and preflight_for is not None


def _child(node: _Node, segment: str) -> _Node:
    if not segment.startswith("{"):
        return node.static.setdefault(segment, _Node())
    if segment.endswith("+}"):
        node.greedy = node.greedy or _Node()
        return node.greedy
    node.parameter = node.parameter or _Node()
    return node.parameter


def _leaf(node: _Node, method: str) -> tuple[Route, tuple[str, ...]] | None:
    return node.routes.get(method) or node.routes.get("ANY")


def _can_end(node: _Node | None, method: str | None) -> bool:
    """True if the search may end at a node. Without a method, any node with a route will do."""
    return node is not None and (bool(node.routes) if method is None else _leaf(node, method) is not None)


def _descend(node: _Node, segments: list[str], values: list[str], method: str | None, at: int = 0) -> _Found | None:
    """The best node for the segments from `at` on, with the values of its parameters.

    Depth first, so that a search that fails below a static segment goes on with the parameter beside it.
    """
    if at == len(segments):
        return (node, []) if _can_end(node, method) else None
    segment = segments[at]
    static = node.static.get(segment)
    found = _descend(static, segments, values, method, at + 1) if static is not None else None
    if found is not None:
        return found
    if node.parameter is not None and segment:
        found = _descend(node.parameter, segments, values, method, at + 1)
    if found is not None:
        return found[0], [values[at], *found[1]]
    if node.greedy is not None and segment and _can_end(node.greedy, method):
        return node.greedy, ["/".join(values[at:])]
    return None


def _matched(found: _Found | None, method: str, path: str) -> Match | None:
    leaf = None if found is None else _leaf(found[0], method)
    if found is None or leaf is None:
        return None
    route, names = leaf
    return Match(route, dict(zip(names, found[1], strict=True)), path)


def _single_slash(path: str) -> str:
    return "/" + path.lstrip("/")


def _with_full_path(found: Match | Preflight | None, path: str) -> Match | Preflight | None:
    return found._replace(full_path=path) if isinstance(found, Match) and path != found.path else found


def _methods_of(node: _Node) -> tuple[str, ...]:
    if "ANY" in node.routes:
        return _ALL_METHODS
    return tuple(sorted({*node.routes, "OPTIONS"}))
