"""Which route answers a request. Pure: a table is compiled once, matching only reads it.

The rules are API Gateway's ("Create routes for HTTP APIs", "Gateway response types", SAM's `Cors` property):

- A static segment comes before `{name}`, `{name}` before `{name+}`, all of them before `$default`.
- A segment is compared after percent-decoding; `{name}` takes one segment that is not empty, `{name+}` one or more.
- An HTTP API looks on when a path fits but the method does not; a REST API has then found its resource and says no.
- A REST API takes one trailing slash as if it were not there; in an HTTP API it is a different path.
- HEAD is a method like any other: it needs a HEAD or an ANY route.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple, TypeAlias
from urllib.parse import unquote

from esb_gateway.apis.auth.route_auth import Guard
from esb_gateway.integrations.types import Integration

DEFAULT_PATH = "$default"
ALL_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class ApiType(Enum):
    """The two kinds of API that differ in events, errors and CORS."""

    REST = "REST"
    HTTP = "HTTP"


@dataclass(frozen=True, slots=True)
class Cors:
    """What an API allows to pages of other origins; None means that no header says anything."""

    allow_origins: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    allow_credentials: bool = False
    max_age: int | None = None


@dataclass(frozen=True, slots=True)
class Api:
    """One API. `id` is its logical id in the template."""

    id: str
    type: ApiType = ApiType.HTTP
    stage: str = "$default"
    stage_variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    binary_media_types: tuple[str, ...] = ()
    cors: Cors | None = None
    key_from_authorizer: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """One route of an API; `timeout` is how long a caller waits, in seconds. Without a `guard` anybody may call.

    Where there is an `integration`, it answers and no function.
    """

    api: Api
    method: str
    path: str
    function: str
    payload: str
    timeout: float
    operation_name: str | None = None
    guard: Guard | None = None
    integration: Integration | None = None

    @property
    def key(self) -> str:
        """The route key of an HTTP API, such as `GET /orders/{id}` or `$default`."""
        return DEFAULT_PATH if self.path == DEFAULT_PATH else f"{self.method} {self.path}"

    @property
    def rest(self) -> str:
        """The name of the parameter that takes the rest of the path; empty when there is none."""
        return self.path.rpartition("{")[2].removesuffix("+}") if self.path.endswith("+}") else ""


class Match(NamedTuple):
    """A route answers; `path_parameters` are percent-decoded. `path` is the request's path without a stage."""

    route: Route
    path_parameters: Mapping[str, str]
    path: str


@dataclass(frozen=True, slots=True)
class Preflight:
    """The gateway itself answers an OPTIONS request; `methods` are those of the path, for an API that names none."""

    api: Api
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotFound:
    """No route answers; the API's type says how to put it (an HTTP API when there is no API at all)."""

    type: ApiType


Routed: TypeAlias = Match | Preflight | NotFound


@dataclass(slots=True)
class _Node:
    """One position in the paths of an API. `routes` are by method, with the names of the parameters on the way."""

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

        `<api id>.anything` as host asks that API alone. Every other host asks all of them in order, explicit routes
        before any `$default`; when none answers, the first one says so. `preflight_for` is the method that a CORS
        preflight request asks about.
        """
        apis = self._by_host.get(host.partition(".")[0].lower(), self._apis) if "." in host else self._apis
        for api in apis:
            if (found := api.explicit(method, path, preflight_for)) is not None:
                return found
        for api in apis:
            if (default := api.default(method, path, preflight_for)) is not None:
                return default
        return NotFound(apis[0].api.type if apis else ApiType.HTTP)


class _CompiledApi:
    """The routes of one API: paths without parameters in a dictionary, the others in a tree of segments."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._rest = api.type is ApiType.REST
        self._exact: dict[str, _Node] = {}
        self._root = _Node()
        self._default: Route | None = None
        self._stage_prefix = f"/{api.stage}/"

    def add(self, route: Route) -> None:
        if route.path == DEFAULT_PATH:
            self._default = self._default or route
            return
        node, names = self._root, []
        for segment in _segments(route.path):
            node = _child(node, segment)
            if segment.startswith("{"):
                names.append(segment.strip("{+}"))
        # The first of two equal routes wins, as routing.yml says.
        node.routes.setdefault(route.method, (route, tuple(names)))
        if not names:
            self._exact[route.path] = node

    def explicit(self, method: str, path: str, preflight_for: str | None) -> Match | Preflight | None:
        """The answer of a route with a path of its own, also for a path that starts with the API's stage."""
        found = self._lookup(method, path, preflight_for)
        if found is None and path.startswith(self._stage_prefix):
            return self._lookup(method, path[len(self._stage_prefix) - 1 :], preflight_for)
        return found

    def default(self, method: str, path: str, preflight_for: str | None) -> Match | Preflight | None:
        if self._is_http_preflight(method, preflight_for):
            return Preflight(self.api, ())
        return Match(self._default, {}, path) if self._default is not None else None

    def _lookup(self, method: str, path: str, preflight_for: str | None) -> Match | Preflight | None:
        if self._is_http_preflight(method, preflight_for):
            fits = self._resolve(preflight_for or method, path) or self._resolve(method, path)
            return Preflight(self.api, ()) if fits is not None else None
        is_mock = method == "OPTIONS" and self._rest and self.api.cors is not None
        node = None if is_mock else self._exact.get(path)
        if node is not None and (leaf := _leaf(node, method)) is not None:
            return Match(leaf[0], {}, path)
        return self._resolve(method, path)

    def _resolve(self, method: str, path: str) -> Match | Preflight | None:
        if self._rest and len(path) > 1 and path.endswith("/"):
            segments = [unquote(part) for part in path[1:-1].split("/")]
        else:
            segments = [unquote(part) for part in _segments(path)]
        if self._rest:
            return self._rest_answer(_descend(self._root, segments, 0, None), method, path)
        found = _descend(self._root, segments, 0, method)
        return _matched(found, method, path) if found is not None else None

    def _rest_answer(self, found: _Found | None, method: str, path: str) -> Match | Preflight | None:
        if found is None:
            return None
        if method == "OPTIONS" and self.api.cors is not None and "OPTIONS" not in found[0].routes:
            return Preflight(self.api, _methods_of(found[0]))
        return _matched(found, method, path) if _leaf(found[0], method) is not None else None

    def _is_http_preflight(self, method: str, preflight_for: str | None) -> bool:
        return method == "OPTIONS" and preflight_for is not None and not self._rest and self.api.cors is not None


def _segments(path: str) -> list[str]:
    return path[1:].split("/")


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


def _usable(node: _Node | None, method: str | None) -> bool:
    """Whether the search may end here; without a method, any resource with a route will do."""
    return node is not None and (bool(node.routes) if method is None else _leaf(node, method) is not None)


def _descend(node: _Node, segments: list[str], at: int, method: str | None) -> _Found | None:
    """The best node for the segments from `at` on, with the values of its parameters."""
    if at == len(segments):
        return (node, []) if _usable(node, method) else None
    segment = segments[at]
    static = node.static.get(segment)
    found = _descend(static, segments, at + 1, method) if static is not None else None
    if found is not None:
        return found
    if node.parameter is not None and segment:
        found = _descend(node.parameter, segments, at + 1, method)
    if found is not None:
        return found[0], [segment, *found[1]]
    if node.greedy is not None and segment and _usable(node.greedy, method):
        return node.greedy, ["/".join(segments[at:])]
    return None


def _matched(found: _Found, method: str, path: str) -> Match | None:
    node, values = found
    leaf = _leaf(node, method)
    if leaf is None:
        return None
    route, names = leaf
    return Match(route, dict(zip(names, values, strict=True)), path)


def _methods_of(node: _Node) -> tuple[str, ...]:
    if "ANY" in node.routes:
        return ALL_METHODS
    return tuple(sorted({*node.routes, "OPTIONS"}))
