"""A graph as SVG, in columns: callers are left of what they call."""

from collections import deque
from collections.abc import Iterator, Mapping
from html import escape
from typing import Final, NamedTuple

from esb_generator.graph.contents import ENDPOINT, EVERY_FUNCTION, FUNCTION, ROUTE, SCHEDULE, Graph, NodeId

_COLOURS: Final = {
    ROUTE: "#dbeafe",
    SCHEDULE: "#fef9c3",
    FUNCTION: "#ffedd5",
    EVERY_FUNCTION: "#ffedd5",
    ENDPOINT: "#e5e7eb",
    "DynamoDB": "#dcfce7",
    "S3": "#d1fae5",
    "SQS": "#f3e8ff",
    "SNS": "#fce7f3",
    "EventBridge": "#fae8ff",
}
_KINDS: Final = {
    EVERY_FUNCTION: "variables",
    "DynamoDB": "table",
    "S3": "bucket",
    "SQS": "queue",
    "SNS": "topic",
    "EventBridge": "bus",
}
_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 220, 44, 90, 16, 20
_LONGEST: Final = 30  # characters of a text


class Place(NamedTuple):
    """The upper left corner of a node."""

    x: int
    y: int


def svg(graph: Graph) -> str:
    places = _places(graph)
    width = max((place.x for place in places.values()), default=0) + _WIDTH + _MARGIN
    height = max((place.y for place in places.values()), default=0) + _HEIGHT + _MARGIN
    return "\n".join(_elements(graph, places, width, height)) + "\n"


def columns(graph: Graph) -> dict[NodeId, int]:
    """The column of each node: the length of the shortest path from a node without callers."""
    targets: dict[NodeId, list[NodeId]] = {id_: [] for id_ in graph.nodes}
    for edge in graph.edges:
        targets[edge.source].append(edge.target)
    entered = {edge.target for edge in graph.edges if edge.source != edge.target}
    found: dict[NodeId, int] = {}
    _spread([id_ for id_ in graph.nodes if id_ not in entered], targets, found)
    for id_ in graph.nodes:  # the rest are cycles without an entry
        _spread([id_], targets, found)
    return {id_: found[id_] for id_ in graph.nodes}


def _spread(starts: list[NodeId], targets: Mapping[NodeId, list[NodeId]], found: dict[NodeId, int]) -> None:
    pending = deque((id_, 0) for id_ in starts)
    while pending:
        id_, column = pending.popleft()
        if id_ not in found:
            found[id_] = column
            pending.extend((target, column + 1) for target in targets[id_])


def _places(graph: Graph) -> dict[NodeId, Place]:
    rows: dict[int, int] = {}
    places = {}
    for id_, column in columns(graph).items():
        row = rows[column] = rows.get(column, -1) + 1
        places[id_] = Place(_MARGIN + column * (_WIDTH + _GAP_X), _MARGIN + row * (_HEIGHT + _GAP_Y))
    return places


def _elements(graph: Graph, places: Mapping[NodeId, Place], width: int, height: int) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="sans-serif" font-size="13">'
    )
    yield (
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#64748b"/></marker></defs>'
    )
    yield f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    for edge in graph.edges:
        start, end = places[edge.source], places[edge.target]
        x1, y1, x2, y2 = start.x + _WIDTH, start.y + _HEIGHT // 2, end.x, end.y + _HEIGHT // 2
        curve = f"M{x1} {y1}C{x1 + 45} {y1} {x2 - 45} {y2} {x2} {y2}"
        yield f'<path d="{curve}" fill="none" stroke="#64748b" marker-end="url(#arrow)"/>'
        if edge.label:
            at = f'x="{(x1 + x2) // 2}" y="{(y1 + y2) // 2 - 4}"'
            yield f'<text {at} text-anchor="middle" font-size="10" fill="#475569">{escape(edge.label)}</text>'
    for id_, text in graph.nodes.items():
        yield from _node(id_, text, places[id_])
    yield "</svg>"


def _node(id_: NodeId, text: str, place: Place) -> Iterator[str]:
    colour, kind = _COLOURS.get(id_.kind, "#f1f5f9"), _KINDS.get(id_.kind, id_.kind)
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    x, y = place
    box = f'x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="6"'
    yield f'<g><title>{escape(f"{kind} {text}")}</title><rect {box} fill="{colour}" stroke="#94a3b8"/>'
    yield f'<text x="{x + 10}" y="{y + 18}" fill="#0f172a">{escape(shown)}</text>'
    yield f'<text x="{x + 10}" y="{y + 34}" font-size="10" fill="#475569">{escape(kind)}</text></g>'
