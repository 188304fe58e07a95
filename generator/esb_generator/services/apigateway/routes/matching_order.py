"""Selects the routes that are served, and puts them into matching order."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from esb_generator.model import Marked
from esb_generator.resources.stack import Resource
from esb_generator.services.apigateway.routes.methods import DEFAULT
from esb_generator.values import Mark
from esb_schemas.contract import Route


class Candidate(NamedTuple):
    """A route of the template, at `mark`; `unchecked` is a reason to leave it out, empty if it is served.

    `owner` is the resource that defines the route.
    """

    route: Route
    mark: Mark
    unchecked: str
    owner: Resource


def order_routes(candidates: Iterable[Candidate]) -> tuple[Marked[Route], ...]:
    """The served routes of all APIs in matching order; the APIs keep their order."""
    by_api: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_api.setdefault(candidate.route.api, []).append(candidate)
    return tuple(
        Marked(candidate.route, candidate.mark)
        for of_api in by_api.values()
        for candidate in _served(_ordered(_unique(of_api)))
    )


def _unique(candidates: Sequence[Candidate]) -> list[Candidate]:
    seen: dict[tuple[str, str], Candidate] = {}
    for candidate in candidates:
        route = candidate.route
        first = seen.setdefault((route.path, route.method), candidate)
        if first is not candidate:
            place = f"a route of {route.api}, from {first.mark}"
            candidate.owner._replace(mark=candidate.mark).problem(f"{_shown(route)} is already {place}")
    return list(seen.values())


def _ordered(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Static before {param} before {proxy+}, a method before ANY, $default last; otherwise the template's order."""
    first_seen: dict[str, int] = {}
    for index, candidate in enumerate(candidates):
        first_seen.setdefault(candidate.route.path, index)

    def rank(candidate: Candidate) -> tuple[tuple[int, ...], int, bool]:
        route = candidate.route
        return _specificity(route.path), first_seen[route.path], route.method == "ANY"

    return sorted(candidates, key=rank)


def _specificity(path: str) -> tuple[int, ...]:
    return (9,) if path == DEFAULT else tuple(map(_rank, path.split("/")[1:]))


def _rank(segment: str) -> int:
    if not segment.startswith("{"):
        return 0
    return 2 if segment.endswith("+}") else 1


def _served(candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """Without those that cannot be checked, and without the routes that would answer in their place."""
    closed: list[Route] = []
    for candidate in candidates:
        route = candidate.route
        hidden = None if candidate.unchecked else next((other for other in closed if _overlap(other, route)), None)
        if candidate.unchecked:
            reason = f"{candidate.unchecked}: it is left out"
        elif hidden is not None:
            reason = f"would answer for {_shown(hidden)}, which is left out as protected: it is left out too"
        else:
            yield candidate
            continue
        closed.append(route)
        text = f"route {_shown(route)} of {route.api} {reason}"
        candidate.owner._replace(mark=candidate.mark).notice(text)


def _overlap(one: Route, other: Route) -> bool:
    """Whether a request may match both."""
    methods = one.method == other.method or "ANY" in (one.method, other.method)
    return methods and (DEFAULT in (one.path, other.path) or _paths_overlap(one.path, other.path))


def _paths_overlap(one: str, other: str) -> bool:
    ours, theirs = one.split("/")[1:], other.split("/")[1:]
    for mine, yours in zip(ours, theirs, strict=False):
        if 2 in (_rank(mine), _rank(yours)):
            return True
        if mine != yours and 1 not in (_rank(mine), _rank(yours)):
            return False
    return len(ours) == len(theirs)


def _shown(route: Route) -> str:
    return DEFAULT if route.path == DEFAULT else f"{route.method} {route.path}"
