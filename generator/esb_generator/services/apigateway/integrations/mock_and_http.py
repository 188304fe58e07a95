"""Integrations without a function: the gateway answers MOCK itself, and forwards HTTP_PROXY; see also service_calls.

Mapping templates are not evaluated: an integration that needs one is not served.
The rules are those of "Mock integrations for REST APIs", "HTTP integrations for REST APIs", "HTTP proxy integrations
for HTTP APIs" and "x-amazon-apigateway-integration object" in API Gateway's developer guide.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple
from urllib.parse import quote

from esb_generator.cloudformation.parameters.allowed_pattern import PatternError, matches
from esb_generator.resources.nodes import Node, names, text
from esb_generator.services.apigateway.routes.methods import ApiType, normal_method
from esb_generator.services.apigateway.routes.openapi import uri
from esb_generator.values import Map
from esb_schemas.contract import HttpProxy, Mock
from esb_schemas.lazy_pattern import LazyPattern

_ADVICE: Final = "let a function answer"
# A reference or a directive of the Velocity Template Language.
_VELOCITY: Final = LazyPattern(r"\$!?\{?[A-Za-z]|#[#*\[{@A-Za-z]")
_STATUS: Final = LazyPattern(r"""["']?statusCode["']?\s*:\s*["']?([1-9][0-9]{2})\b""")
_ADDRESS: Final = LazyPattern(r"https?://[^/?#{}@\s]+(/[^?#\s]*)?(\?[^#{}\s]*)?")
LITERAL: Final = LazyPattern(r"'([\t -&(-~]*)'")
_HEADER_NAME: Final = LazyPattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PARAMETER: Final = LazyPattern(r"\{([^{}/+]+)\}")
_STAGE_VARIABLE: Final = LazyPattern(r"\$\{stageVariables\.(\w+)\}|\$stageVariables\.(\w+)")
_JSON: Final = "application/json"
_ANSWER_HEADER: Final = "method.response.header."
_PATH: Final = "integration.request.path."
_HEADER: Final = "integration.request.header."
# Recorded on AWS: a request parameter of a function's integration that sets one of them fails every request.
_NEVER_SET: Final = names("authorization connection content-length expect proxy-authenticate te transfer-encoding")
INTERNAL_ERROR: Final = Mock(
    "MOCK",
    500,
    {"Content-Type": "application/json", "x-amzn-ErrorType": "InternalServerErrorException"},
    '{"message": "Internal server error"}',
)


class UnsupportedIntegration(Exception):
    """Why an integration is not served; the text continues a sentence after its route."""


class Spelling(NamedTuple):
    """The property names of an integration; in an OpenAPI document they begin in lower case."""

    type: str
    uri: str
    method: str
    responses: str
    lower: bool = False

    def part(self, word: str) -> str:
        """A property whose names differ only in the first letter."""
        return word[0].lower() + word[1:] if self.lower else word


DOCUMENT: Final = Spelling("type", "uri", "httpMethod", "responses", lower=True)
REST_METHOD: Final = Spelling("Type", "Uri", "IntegrationHttpMethod", "IntegrationResponses")
HTTP_ROUTE: Final = Spelling("IntegrationType", "IntegrationUri", "IntegrationMethod", "IntegrationResponses")


class Integrated(NamedTuple):
    """The route of an integration."""

    api_type: ApiType
    path: str
    stage_variables: Mapping[str, str]


def integration(node: Node, spelled: Spelling, route: Integrated) -> Mock | HttpProxy:
    """The integration of a route. Raises UnsupportedIntegration."""
    kind = (node.read(spelled.type, text) or "").upper()
    match kind:
        case "MOCK" if route.api_type == "REST":
            return _mock(node, spelled)
        case "HTTP_PROXY":
            return _proxy(node, spelled, route)
        case "MOCK":
            raise UnsupportedIntegration("has a mock integration, which HTTP APIs do not have")
        case _:
            raise UnsupportedIntegration(
                f"has an integration of type {kind or 'none'}, and only AWS_PROXY to a function, HTTP_PROXY and MOCK "
                f"are served; {_ADVICE}"
            )


def function_failure(node: Node, spelled: Spelling) -> Mock | None:
    """The failure with which a REST API answers if AWS cannot call the function by this integration; with a notice."""
    return INTERNAL_ERROR if _has_other_method(node, spelled) | _sets_forbidden_header(node, spelled) else None


def _has_other_method(node: Node, spelled: Spelling) -> bool:
    method = node.get(spelled.method)
    if method is None or text(method).upper() == "POST":
        return False
    if text(method).upper() == "ANY":  # the client's method, which may be POST
        method.notice(f"{method.path} is ANY: AWS calls functions by POST only, and answers 500 otherwise; use POST")
        return False
    method.notice(
        f"{method.path} is {text(method)}: AWS calls functions by POST only, so the route answers 500, as on AWS; "
        "use POST"
    )
    return True


def _sets_forbidden_header(node: Node, spelled: Spelling) -> bool:
    """Reports each request parameter that changes something: AWS ignores it, or fails because of it."""
    found = False
    for name, value in node.entries_of(spelled.part("RequestParameters")):
        if name.startswith(_HEADER) and name.removeprefix(_HEADER).lower() in _NEVER_SET:
            value.notice(f"{value.path} makes AWS answer 500, and so does this route; remove it")
            found = True
        elif name.replace("integration.", "method.", 1) != text(value):  # else it may be meant for a cache key
            value.notice(f"{value.path} has no effect on AWS: a function gets the request as it is; remove it")
    return found


def warn_mapping(node: Node, spelled: Spelling) -> None:
    """A notice for each parameter mapping of a function's integration in an HTTP API."""
    for key in ("RequestParameters", "ResponseParameters"):
        mapping = node.get(spelled.part(key))
        if mapping is not None:
            mapping.notice(f"{mapping.path} of a function is not applied; let the function do it")


# MOCK


def _mock(node: Node, spelled: Spelling) -> Mock:
    answer = _response(node, spelled, _wanted_status(node, spelled))
    status = answer.read(spelled.part("StatusCode"), text) or ""
    if not (status.isdecimal() and 200 <= int(status) <= 599):
        raise UnsupportedIntegration(
            f"has a mock integration whose response has no status code; add {spelled.part('StatusCode')}"
        )
    kind, body = _body(answer, spelled)
    headers = dict(_answer_headers(answer, spelled))
    if "content-type" not in (name.lower() for name in headers):
        headers = {"Content-Type": kind, **headers}
    return Mock("MOCK", int(status), headers, body)


def _wanted_status(node: Node, spelled: Spelling) -> str:
    """The status in the request template, which selects the response."""
    _, said = _template(node.child(spelled.part("RequestTemplates")))
    if not said.strip():
        raise UnsupportedIntegration(
            f"has a mock integration that chooses no response; add {spelled.part('RequestTemplates')} "
            """with '{"statusCode": 200}'"""
        )
    found = None if _VELOCITY.search(said) else _STATUS.search(said)
    if found is None:
        raise UnsupportedIntegration(
            f"has a mock integration whose request template is not a plain status code; {_ADVICE}"
        )
    return found[1]


def _template(templates: Node) -> tuple[str, str]:
    """The media type and the text of the template for JSON, else of the first template."""
    found = {name: node for name, node in templates.entries() if not isinstance(node.value, Map)}
    kind = _JSON if _JSON in found else next(iter(found), _JSON)
    return kind, text(found[kind]) if kind in found else ""


def _response(node: Node, spelled: Spelling, status: str) -> Node:
    """The response whose pattern matches the status, else the default one."""
    default = None
    for pattern, answer in _responses(node, spelled):
        if pattern is None:
            default = default or answer
        elif _fits(pattern, status):
            return answer
    if default is None:
        raise UnsupportedIntegration(
            f"has a mock integration without a response for status {status}; add a default one"
        )
    return default


def _responses(node: Node, spelled: Spelling) -> Iterator[tuple[str | None, Node]]:
    responses = node.get(spelled.responses)
    if responses is None:
        return
    if isinstance(responses.value, Map):
        for pattern, answer in responses.entries():
            yield (None if pattern == "default" else pattern), answer
        return
    for answer in responses.items():
        yield (answer.read("SelectionPattern", text) if answer.has("SelectionPattern") else None) or None, answer


def _fits(pattern: str, status: str) -> bool:
    try:
        return matches(pattern, status)
    except PatternError:
        return False


def _answer_headers(answer: Node, spelled: Spelling) -> Iterator[tuple[str, str]]:
    for name, node in answer.entries_of(spelled.part("ResponseParameters")):
        literal, header = LITERAL.fullmatch(text(node)), name.removeprefix(_ANSWER_HEADER)
        if header == name or literal is None or _HEADER_NAME.fullmatch(header) is None:
            raise UnsupportedIntegration(f"has a mock integration whose {name} is not a quoted literal; {_ADVICE}")
        yield header, literal[1]


def _body(answer: Node, spelled: Spelling) -> tuple[str, str]:
    kind, body = _template(answer.child(spelled.part("ResponseTemplates")))
    if _VELOCITY.search(body):
        raise UnsupportedIntegration(f"has a mock integration whose response template has to be evaluated; {_ADVICE}")
    return kind, body


# HTTP_PROXY


def _proxy(node: Node, spelled: Spelling, route: Integrated) -> HttpProxy:
    connection = (node.read(spelled.part("ConnectionType"), text) or "INTERNET").upper()
    if connection != "INTERNET":
        raise UnsupportedIntegration(
            "goes through a VPC link, which the stack does not have; give the address itself as its URI"
        )
    if route.api_type == "HTTP" and (node.has("ResponseParameters") or node.has("responseParameters")):
        raise UnsupportedIntegration(
            "changes the answer with ResponseParameters, which are not applied; let a function do it"
        )
    paths, headers = _mapped(node, spelled, route)
    target = _filled(_with_variables(node.read(spelled.uri, uri) or "", route), paths, route)
    if node.has("tlsConfig") or node.has("TlsConfig"):
        node.notice("the certificate of the target is checked as usual, whatever its TLS configuration says")
    return HttpProxy("HTTP_PROXY", target, normal_method(node.read(spelled.method, text) or "ANY") or "ANY", headers)


def _mapped(node: Node, spelled: Spelling, route: Integrated) -> tuple[dict[str, str], dict[str, str]]:
    """The values of the URI's parameters, and the headers to set."""
    paths: dict[str, str] = {}
    headers: dict[str, str] = {}
    for name, value in node.entries_of(spelled.part("RequestParameters")):
        said = text(value)
        literal = LITERAL.fullmatch(said)
        passed = said.removeprefix("method.request.path.")
        if name.startswith(_PATH) and literal is not None:
            paths[name.removeprefix(_PATH)] = quote(literal[1], safe="/:@!$&*+,;=~-._")
        elif name.startswith(_PATH) and passed != said:
            paths[name.removeprefix(_PATH)] = f"{{{passed}}}"
        elif name.startswith(_HEADER) and literal and _HEADER_NAME.fullmatch(name.removeprefix(_HEADER)):
            headers[name.removeprefix(_HEADER)] = literal[1]
        elif name.replace("integration.", "method.", 1) != said or route.api_type == "HTTP":
            what = "parameter mapping" if route.api_type == "HTTP" else "request parameter"
            raise UnsupportedIntegration(
                f"has the {what} {name}: {said}, which is not applied; let a function send the request on"
            )
    return paths, headers


def _with_variables(target: str, route: Integrated) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in route.stage_variables:
            raise UnsupportedIntegration(
                f"has a URI with the stage variable {name}, which its stage does not have; add it there"
            )
        return route.stage_variables[name]

    return _STAGE_VARIABLE.sub(value, target)


def _filled(target: str, paths: Mapping[str, str], route: Integrated) -> str:
    """The URI, in which only parameters of the route's path are left; a REST API has only mapped ones."""
    own = {name.rstrip("+") for name in re.findall(r"\{([^{}/]+)\}", route.path)}

    def value(match: re.Match[str]) -> str:
        found = match[0] if route.api_type == "HTTP" else paths.get(match[1], "")
        if not found:
            raise UnsupportedIntegration(
                f"has a URI with {match[0]}, which nothing is mapped to; add {_PATH}{match[1]} "
                "to its request parameters"
            )
        if found.startswith("{") and found[1:-1] not in own:
            raise UnsupportedIntegration(f"has a URI with {found}, and its path has no such parameter")
        return found

    if _ADDRESS.fullmatch(target) is None:
        raise UnsupportedIntegration(
            f"has the URI {target or 'none'}, which is not an address like https://example.com/{{proxy}}"
        )
    return _PARAMETER.sub(value, target)
