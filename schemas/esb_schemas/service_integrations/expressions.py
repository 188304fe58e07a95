"""Mapping expressions: texts with selections such as `$request.body.id` or `${request.header.X-Tenant}` in them.

"Create AWS service integrations for HTTP APIs" and "Transform API requests and responses for HTTP APIs" in API
Gateway's guide. A selection without braces may be part of a text, too: AWS's sample apigw-eventbridge has the source
`com.mycompany.$request.path.source`, and shows the resulting event.
"""

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, TypeAlias

from esb_schemas.lazy_pattern import LazyPattern

Source: TypeAlias = Literal[
    "request.body",
    "request.header",
    "request.path",
    "request.querystring",
    "response.body",
    "response.header",
    "context",
    "stageVariables",
]
Side: TypeAlias = Literal["request", "response"]

CONTEXT_VARIABLES: Final = (
    *("accountId", "apiId", "domainName", "domainPrefix", "extendedRequestId", "httpMethod", "identity.accountId"),
    *("identity.caller", "identity.sourceIp", "identity.user", "identity.userAgent", "identity.userArn", "path"),
    *("protocol", "requestId", "requestTime", "requestTimeEpoch", "routeKey", "stage"),
)
"""Supported variables besides `authorizer.…`: "Logging variables for HTTP APIs" in API Gateway's guide."""

_AUTHORIZER: Final = "authorizer."
_ROOT: Final = r"(?:request|response|context|stageVariables)(?![A-Za-z0-9_])"
_SELECTION: Final = LazyPattern(
    rf"\$\{{(?P<braced>{_ROOT}[^{{}}]*)\}}|\$(?P<bare>{_ROOT}(?:\.{{1,2}}[\w*-]+|\[[^\]]*\])*)", re.ASCII
)
_STEP: Final = LazyPattern(r"""\.([\w-]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]""")


class Selection(NamedTuple):
    """A part of a request or a response. `steps` are those of a JSON path, or one name; empty for the whole body."""

    source: Source
    steps: tuple[str | int, ...] = ()
    text: str = ""

    @property
    def name(self) -> str:
        """The name of a header, a parameter or a variable; empty for the whole path."""
        return ".".join(map(str, self.steps))


Expression: TypeAlias = tuple[str | Selection, ...]
"""Fixed texts, and selections that are replaced by their values, in order."""


class InvalidExpression(ValueError):
    """An expression that cannot be evaluated; the text continues a sentence that begins with the expression."""


def parse(text: str, side: Side = "request") -> Expression:
    """The expression of a text, for parameters of a request to a service or of the response. Raises InvalidExpression.

    A text without selections is one fixed part.
    """
    parts: list[str | Selection] = []
    end = 0
    for found in _SELECTION.finditer(text):
        parts += [text[end : found.start()], _selection(found["braced"] or found["bare"], found[0], side)]
        end = found.end()
    return tuple(part for part in (*parts, text[end:]) if part != "")


def selections(expression: Expression) -> Iterator[Selection]:
    """The selections of an expression."""
    return (part for part in expression if isinstance(part, Selection))


def _selection(path: str, text: str, side: Side) -> Selection:
    if path.startswith(("context", "stageVariables")):
        root, _, name = path.partition(".")
        if not name:
            raise InvalidExpression(f"{text} names no variable")
        if root == "stageVariables":
            return Selection("stageVariables", (name,), text)
        if name not in CONTEXT_VARIABLES and not name.startswith(_AUTHORIZER):
            raise InvalidExpression(f"{text} is not a variable that has a value here")
        return Selection("context", tuple(name.split(".")), text)
    found = next((source for source in _SOURCES[side] if re.match(rf"{source}(?![\w-])", path)), None)
    if found is None:
        known = ", ".join(f"${source}" for source in _SOURCES[side])
        raise InvalidExpression(f"{text} is not one of {known}, $context and $stageVariables")
    rest = path.removeprefix(found)
    if found.endswith(".body"):
        return Selection(found, _steps(rest, text), text)
    if not rest and found != "request.path":
        raise InvalidExpression(f"{text} needs a name, as in ${found}.name")
    return Selection(found, (rest.removeprefix("."),) if rest else (), text)


_SOURCES: Final[dict[Side, tuple[Source, ...]]] = {
    "request": ("request.body", "request.header", "request.path", "request.querystring"),
    "response": ("response.body", "response.header"),
}


def _steps(path: str, text: str) -> tuple[str | int, ...]:
    """The steps of a JSON path: names and indexes."""
    found, end = [], 0
    while end < len(path):
        step = _STEP.compiled.match(path, end)
        if step is None:
            raise InvalidExpression(f"{text} is a JSON path with more than names and indexes, which is not evaluated")
        name, index, *quoted = step.groups()
        found.append(int(index) if index is not None else next(each for each in (name, *quoted) if each is not None))
        end = step.end()
    return tuple(found)
