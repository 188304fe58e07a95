"""Types of APIs, and the methods and paths of their routes."""

from __future__ import annotations

from typing import Literal, TypeAlias

from esb_generator.resources.nodes import Node, text
from esb_schemas.lazy_pattern import LazyPattern

ApiType: TypeAlias = Literal["REST", "HTTP"]
METHODS = ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
ANY_METHOD = "x-amazon-apigateway-any-method"
DEFAULT = "$default"
# Characters that API Gateway refuses in any path; each kind of API refuses others, too.
_NOT_IN_PATHS = LazyPattern(r"[^!-~]|[?#]")
_SEGMENT = LazyPattern(r"[^{}]*|\{[^{}/+]+\+?\}")


def method(node: Node) -> str:
    """The method in upper case; every spelling of "any" is ANY."""
    said = text(node)
    if (found := normal_method(said)) is None:
        node.problem(f"must be {', '.join(METHODS)}, not {said!r}")
        return "ANY"
    return found


def normal_method(said: str) -> str | None:
    """The method in upper case, ANY for all of them, None if it is not a method."""
    if said == "*" or said.lower() == ANY_METHOD:
        return "ANY"
    return said.upper() if said.upper() in METHODS else None


def path(node: Node) -> str:
    """A route's path; `/$default` is the same as `$default`."""
    said = text(node)
    if said in (DEFAULT, f"/{DEFAULT}"):
        return DEFAULT
    if problem := path_problem(said):
        node.problem(problem)
    return said


def http_path(node: Node) -> str:
    """As `path`, of an HTTP API."""
    said = path(node)
    warn_trailing_slash(node, said)
    return said


def warn_trailing_slash(node: Node, said: str) -> None:
    """Report a path of an HTTP API that works here and not on AWS.

    API Gateway refuses the key of such a route, and leaves the route out when it imports a document, as SAM's is
    (aws/serverless-application-model #1949).
    """
    if len(said) > 1 and said.endswith("/"):
        node.notice(f"the path {said} ends with a slash, and on AWS an HTTP API has no such route; remove the slash")


def path_of(api_type: ApiType, said: str) -> str:
    """The path of the route that an API of this type makes of a path: a REST API drops a trailing slash.

    SAM does so in the ARNs of its permissions, because API Gateway does (aws/serverless-application-model #665, #763).
    """
    return said[:-1] if api_type == "REST" and len(said) > 1 and said.endswith("/") else said


def path_problem(said: str) -> str | None:
    """The error of a path, if it has one."""
    if not said.startswith("/"):
        return f"must begin with /, not {said!r}"
    if refused := _NOT_IN_PATHS.search(said):
        return f"must not have {refused[0]!r}, which API Gateway refuses in a path: {said!r}"
    segments = said[1:].split("/")
    if not all(_SEGMENT.fullmatch(segment) for segment in segments):
        return f"must have its braces around whole segments, as in /orders/{{id}}, not {said!r}"
    if any(segment.endswith("+}") for segment in segments[:-1]):
        return f"must have {{name+}} only at its end, not {said!r}"
    return None
