"""Candidate routes become those that are served: without what cannot be checked, each once, in matching order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from esb_generator.errors import Problem
from esb_generator.model import Route
from esb_generator.resources.findings import Findings, Notice
from esb_generator.services.apigateway.methods import DEFAULT


class Candidate(NamedTuple):
    """A route that the template asks for; `unchecked` says why it is left out, empty when it is served.

    `logical_id` and `type` are those of the resource that the route is written in.
    """

    route: Route
    unchecked: str
    logical_id: str
    type: str


def order_routes(candidates: Iterable[Candidate], findings: Findings) -> tuple[Route, ...]:
    """The routes of all APIs in matching order, API by API in the order in which they come."""
    by_api: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_api.setdefault(candidate.route.api, []).append(candidate)
    return tuple(
        candidate.route
        for of_api in by_api.values()
        for candidate in _served(_ordered(_unique(of_api, findings)), findings)
    )


def _unique(candidates: Sequence[Candidate], findings: Findings) -> list[Candidate]:
    seen: dict[tuple[str, str], Route] = {}
    for candidate in candidates:
        route = candidate.route
        first = seen.setdefault((route.path, route.method), route)
        if first is not route:
            text = f"{candidate.logical_id}: {_shown(route)} is already a route of {route.api}, from {first.mark}"
            findings.problems.append(Problem(route.mark, text))
    return [
        candidate for candidate in candidates if seen[candidate.route.path, candidate.route.method] is candidate.route
    ]


def _ordered(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Static before {param} before {proxy+}, one method before ANY, $default last; else as in the template."""
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


def _served(candidates: Sequence[Candidate], findings: Findings) -> Iterator[Candidate]:
    """Without what cannot be checked, and without the routes that would answer in the place of such a one."""
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
        findings.notices.append(Notice(route.mark, candidate.logical_id, candidate.type, text))


def _overlap(one: Route, other: Route) -> bool:
    """Whether a request may fit both."""
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
