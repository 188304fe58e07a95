"""The endpoints of ESB's own, besides AWS's APIs and the routes of an application: a table for each server.

The servers match requests against them, and docs/endpoints.md is generated from them. Pure.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote

ANYONE: Final = "anyone who reaches the port"
SIGNED: Final = "signed, by the stack or a function"
STACK: Final = "signed by the stack"


class Endpoint(NamedTuple):
    """One endpoint. `{name}` in the path is a segment or a part of one; `query` are the parameters.

    `access` says who may call it; `answer`, in Markdown, says what it does and returns.
    """

    method: str
    path: str
    access: str
    answer: str
    query: str = ""


class EndpointMatch(NamedTuple):
    """The endpoint of a request, and the decoded values of the names in braces in its path."""

    endpoint: Endpoint
    parts: Mapping[str, str]


class EndpointTable:
    """The endpoints of a server or of a part of it: a section of the page; `text` is Markdown."""

    def __init__(self, title: str, text: str, endpoints: Iterable[Endpoint]) -> None:
        self.title: Final = title
        self.text: Final = text
        self.endpoints: Final = tuple(endpoints)
        self._patterns: Final = {
            method: tuple((each, _pattern(each.path)) for each in self.endpoints if each.method == method)
            for method in {each.method for each in self.endpoints}
        }

    def find(self, method: str, path: str) -> EndpointMatch | None:
        """The endpoint of a request, or None; a trailing slash makes no difference."""
        for endpoint, pattern in self._patterns.get(method, ()):
            if (found := pattern.fullmatch(path)) is not None:
                return EndpointMatch(endpoint, {name: unquote(text) for name, text in found.groupdict().items()})
        return None


def _pattern(path: str) -> re.Pattern[str]:
    """`/a/{name}` as a pattern with a group."""
    texts = re.split(r"\{(\w+)\}", path)
    parts = (f"(?P<{text}>[^/]+)" if number % 2 else re.escape(text) for number, text in enumerate(texts))
    return re.compile(f"{''.join(parts)}/?")
