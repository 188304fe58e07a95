"""Which routes the APIs of a template have, in which order, and which are left out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from esb_generator.expand import Expansion

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]

FUNCTION = """
F:
  Type: AWS::Serverless::Function
  Properties:
    Runtime: python3.12
    Handler: app.handler
    Events:
"""


def events(*lines: str, before: str = "") -> str:
    """A template with one function that has some events, one a line."""
    return before + FUNCTION + "".join(f"      {line}\n" for line in lines)


def routes(expansion: Expansion) -> list[str]:
    """Every route as `API METHOD path`, in order."""
    return [f"{route.api} {route.method} {route.path}" for route, _ in expansion.application.routes]


def test_implicit_apis_and_their_payloads(read: Read) -> None:
    expansion = read(
        events(
            "A: {Type: Api, Properties: {Path: /rest, Method: get, TimeoutInMillis: 5000}}",
            "B: {Type: HttpApi, Properties: {Path: /http, Method: post}}",
            "C: {Type: HttpApi, Properties: {Path: /old, Method: PUT, PayloadFormatVersion: 1.0}}",
        )
    )
    application = expansion.application
    assert [(name, api.type, api.stage) for name, (api, _) in application.apis.items()] == [
        ("ServerlessRestApi", "REST", "Prod"),
        ("ServerlessHttpApi", "HTTP", "$default"),
    ]
    assert [(route.method, route.path, route.payload, route.timeout_in_millis) for route, _ in application.routes] == [
        ("GET", "/rest", "1.0", 5000),
        ("POST", "/http", "2.0", None),
        ("PUT", "/old", "1.0", None),
    ]


@pytest.mark.parametrize(
    "event",
    [
        "{Type: HttpApi}",
        "{Type: HttpApi, Properties: {}}",
        "{Type: HttpApi, Properties: {Path: $default}}",
        "{Type: HttpApi, Properties: {Path: /$default, Method: any}}",
    ],
)
def test_the_default_route(read: Read, event: str) -> None:
    assert routes(read(events(f"A: {event}"))) == ["ServerlessHttpApi ANY $default"]


@pytest.mark.parametrize("method", ["any", "ANY", "'*'", "x-amazon-apigateway-any-method"])
def test_every_spelling_of_any(read: Read, method: str) -> None:
    assert routes(read(events(f"A: {{Type: Api, Properties: {{Path: /a, Method: {method}}}}}"))) == [
        "ServerlessRestApi ANY /a"
    ]


def test_matching_order_is_the_most_specific_first(read: Read) -> None:
    written = ["{proxy+} ANY", "a/{id} ANY", "a/{id} GET", "a/b GET", "{x}/b GET", " GET", "a/{id}/{rest+} GET"]
    lines = [
        f"E{index}: {{Type: HttpApi, Properties: {{Path: '/{path}', Method: {method}}}}}"
        for index, (path, method) in enumerate(each.split(" ") for each in written)
    ]
    assert routes(read(events("D: {Type: HttpApi}", *lines))) == [
        "ServerlessHttpApi GET /",
        "ServerlessHttpApi GET /a/b",
        "ServerlessHttpApi GET /a/{id}",
        "ServerlessHttpApi ANY /a/{id}",
        "ServerlessHttpApi GET /a/{id}/{rest+}",
        "ServerlessHttpApi GET /{x}/b",
        "ServerlessHttpApi ANY /{proxy+}",
        "ServerlessHttpApi ANY $default",
    ]


def test_apis_keep_the_order_of_the_template(read: Read) -> None:
    expansion = read(
        events(
            "A: {Type: Api, Properties: {Path: /z, Method: get, RestApiId: !Ref Second}}",
            "B: {Type: Api, Properties: {Path: /y, Method: get}}",
            "C: {Type: Api, Properties: {Path: /x, Method: get, RestApiId: !Ref First}}",
            before="First: {Type: AWS::Serverless::Api, Properties: {StageName: v1}}\n"
            "Second: {Type: AWS::Serverless::Api, Properties: {StageName: v2}}\n",
        )
    )
    assert routes(expansion) == ["First GET /x", "Second GET /z", "ServerlessRestApi GET /y"]


def test_a_route_is_defined_once(problems: Problems) -> None:
    (sentence,) = problems(
        events(
            "A: {Type: Api, Properties: {Path: /a, Method: get}}",
            "B: {Type: Api, Properties: {Path: /a, Method: GET}}",
        )
    )
    assert sentence == ("9:36: F: GET /a is already a route of ServerlessRestApi, from template.yaml:8:36")


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [
        ("{Path: a, Method: get}", "Path must begin with /, not 'a'"),
        ("{Path: /a b, Method: get}", "Path must not have ' ', which API Gateway refuses in a path: '/a b'"),
        ("{Path: '/q?x=1', Method: get}", "Path must not have '?', which API Gateway refuses in a path: '/q?x=1'"),
        ("{Path: /ü, Method: get}", "Path must not have 'ü', which API Gateway refuses in a path: '/ü'"),
        ("{Path: '/{a+}/b', Method: get}", "Path must have {name+} only at its end, not '/{a+}/b'"),
        ("{Path: '/a{b}', Method: get}", "Path must have its braces around whole segments"),
        ("{Path: /a, Method: fetch}", "Method must be ANY, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, not 'fetch'"),
        ("{Path: /a}", "has no Method; add it"),
        ("{Path: /a, Method: get, Methods: get}", "has no property Methods; did you mean Method?"),
        ("{Path: /a, Method: get, RestApiId: other}", "has the RestApiId other, which is not an AWS::Serverless::Api"),
    ],
)
def test_what_is_wrong_with_a_route(problems: Problems, properties: str, sentence: str) -> None:
    (found,) = problems(events(f"A: {{Type: Api, Properties: {properties}}}"))
    assert sentence in found


def test_an_event_of_an_unknown_type(problems: Problems) -> None:
    (sentence,) = problems(events("A: {Type: HttpAPI, Properties: {Path: /, Method: get}}"))
    assert sentence.endswith("F: Events.A has the Type HttpAPI, which is not an event; did you mean HttpApi?")


def test_globals_alone_make_no_api(read: Read) -> None:
    expansion = read(
        "Globals: {HttpApi: {CorsConfiguration: true}}\nResources: {Orders: {Type: AWS::Serverless::SimpleTable}}"
    )
    assert expansion.application.apis == {}
