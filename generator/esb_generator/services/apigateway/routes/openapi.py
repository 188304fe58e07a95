"""The operations of an OpenAPI 2 or 3 document (DefinitionBody, DefinitionUri, Body) with API Gateway's extensions.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from esb_generator.resources.nodes import Node, one_of, text
from esb_generator.resources.stack import Resource, Stack
from esb_generator.services.apigateway.cors import preflight_cors
from esb_generator.services.apigateway.routes.methods import (
    ANY_METHOD,
    DEFAULT,
    METHODS,
    ApiType,
    normal_method,
    path_of,
    path_problem,
    warn_trailing_slash,
)
from esb_generator.values import Map, Seq
from esb_schemas.contract import Cors
from esb_schemas.lazy_pattern import LazyPattern

_INTEGRATION = "x-amazon-apigateway-integration"
_AUTH = "x-amazon-apigateway-auth"
_FUNCTION = LazyPattern(r"\$\{(\w+)\.(?:Arn|Alias)\}")
_VERBS = (*(verb.lower() for verb in METHODS if verb != "ANY"), ANY_METHOD)


class Operation(NamedTuple):
    """A method of a path; `integration` may be missing.

    `schemes` are the names in its `security`, `scopes` the scopes there, None if there are none.
    """

    path: str
    method: str
    node: Node
    schemes: tuple[str, ...]
    scopes: tuple[str, ...] | None
    integration: Node | None

    @property
    def shown(self) -> str:
        """The operation in the form of a route key."""
        return DEFAULT if self.path == DEFAULT else f"{self.method} {self.path}"

    @property
    def kind(self) -> str:
        """The integration's type in lower case, empty if there is no integration."""
        return (self.integration.read("type", text) or "").lower() if self.integration is not None else ""


def operations(document: Node, api_type: ApiType) -> Iterator[Operation]:
    """Every operation of a document, in its order."""
    everywhere = _schemes(document)
    for path, item in document.entries_of("paths"):
        if path.startswith("x-") or not isinstance(item.value, Map):
            continue
        normal = DEFAULT if path in (DEFAULT, f"/{DEFAULT}") else path_of(api_type, path)
        if normal != DEFAULT and (problem := path_problem(path)):
            item.problem(problem)
        if api_type == "HTTP":
            warn_trailing_slash(item, path)
        for verb, node in item.entries():
            method = normal_method(verb) if verb.lower() in _VERBS else None
            if method is not None and isinstance(node.value, Map):
                integration = node.get(_INTEGRATION)
                schemes, scopes = _operation_schemes(node, everywhere)
                yield Operation(normal, method, node, schemes, scopes, integration)


def preflight(found: Sequence[Operation]) -> Cors | None:
    """CORS by the answer of the first OPTIONS method with a mock integration."""
    return next(filter(None, map(own_preflight, found)), None)


def own_preflight(operation: Operation) -> Cors | None:
    """CORS by the answer of an OPTIONS method with a mock integration; None for any other operation."""
    if operation.method != "OPTIONS" or operation.kind != "mock":
        return None
    return next(filter(None, map(preflight_cors, _response_parameters(operation))), None)


def _response_parameters(operation: Operation) -> Iterator[Node]:
    for _, response in operation.integration.entries_of("responses") if operation.integration is not None else ():
        parameters = response.get("responseParameters") if isinstance(response.value, Map) else None
        if parameters is not None:
            yield parameters


def payload(integration: Node) -> Literal["1.0", "2.0"]:
    """The payload format of an HTTP API's integration."""
    return integration.read("payloadFormatVersion", one_of("1.0", "2.0")) or "1.0"


def function_reference(integration: Node) -> str | None:
    """The URI of a function's proxy integration."""
    return integration.read("uri", uri)


def uri(node: Node) -> str:
    """A URI; an unresolved Fn::Sub counts as its text."""
    if isinstance(node.value, Map) and isinstance(node.value.get("Fn::Sub"), str):
        return f"{node.value['Fn::Sub']}"
    return text(node)


def function_meant(stack: Stack, reference: str, within: Resource | None = None) -> Resource | None:
    """The function in a URI; a document of the resource `within` may name it as `${Function.Arn}`."""
    if (found := stack.function(reference)) is not None or (substituted := _FUNCTION.search(reference)) is None:
        return found
    return stack.function_by_id(within.sibling_id(substituted[1]) if within is not None else substituted[1])


_Security: TypeAlias = tuple[tuple[str, ...], tuple[str, ...] | None]


def _operation_schemes(node: Node, everywhere: _Security) -> _Security:
    """Its own `security`, else the document's. With either, the route is not open."""
    names, scopes = _schemes(node) if node.has("security") else everywhere
    auth = node.get(_AUTH)
    said = auth.read("type", text) if auth is not None and isinstance(auth.value, Map) else None
    return ((*names, said) if said else names), scopes


def _schemes(node: Node) -> _Security:
    security = node.value.get("security") if isinstance(node.value, Map) else None
    if not isinstance(security, Seq):
        return (), None
    requirements = [requirement for requirement in security if isinstance(requirement, Map)]
    names = tuple(name for requirement in requirements for name in requirement)
    lists = (scopes for requirement in requirements for scopes in requirement.values() if isinstance(scopes, Seq))
    scopes = tuple(f"{scope}" for listed in lists for scope in listed)
    return names, scopes or None
