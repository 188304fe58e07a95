"""A graph as a flowchart of Mermaid: https://mermaid.js.org/syntax/flowchart.html."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from esb_generator.graph.contents import ENDPOINT, EVERY_FUNCTION, FUNCTION, ROUTE, SCHEDULE, Graph

_SHAPES: Final = {
    ROUTE: ("([", "])"),
    SCHEDULE: ("((", "))"),
    FUNCTION: ("[", "]"),
    EVERY_FUNCTION: ("[", "]"),
    ENDPOINT: ("([", "])"),
    "DynamoDB": ("[(", ")]"),
    "S3": ("[/", "\\]"),
    "SQS": (">", "]"),
    "SNS": ("{{", "}}"),
    "EventBridge": ("[[", "]]"),
}
_OTHER: Final = ("[", "]")


def mermaid(graph: Graph) -> str:
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    numbers = {id_: f"n{number}" for number, id_ in enumerate(graph.nodes)}
    yield "flowchart LR"
    for id_, text in graph.nodes.items():
        begin, end = _SHAPES.get(id_.kind, _OTHER)
        yield f'    {numbers[id_]}{begin}"{_escaped(text)}"{end}'
    for edge in graph.edges:
        arrow = f'-- "{_escaped(edge.label)}" -->' if edge.label else "-->"
        yield f"    {numbers[edge.source]} {arrow} {numbers[edge.target]}"


def _escaped(text: str) -> str:
    """Mermaid's own entities, for what would end a text or be HTML."""
    for character, name in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(character, name)
    return " ".join(text.split())
