"""MOCK and HTTP_PROXY integrations: what the gateway is told, and what is left out with a reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from esb_generator.expand import Expansion
from esb_schemas.contract import HttpProxy, Mock, Route

Read = Callable[..., Expansion]


def rest(integration: str, path: str = "/a", method: str = "get", more: str = "") -> str:
    """A REST API whose document has one operation."""
    return f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Front:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      Variables: {{host: inner.example}}
      DefinitionBody:
        openapi: 3.0.1
        paths:
          {path}: {{{method}: {{x-amazon-apigateway-integration: {integration}}}}}
{more}"""


def http(integration: str, path: str = "GET /a/{id}") -> str:
    """An HTTP API with one hand-written route."""
    return f"""
Resources:
  Front: {{Type: AWS::ApiGatewayV2::Api, Properties: {{Name: front, ProtocolType: HTTP}}}}
  Inner: {{Type: AWS::ApiGatewayV2::Integration, Properties: {{ApiId: !Ref Front, {integration}}}}}
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {{ApiId: !Ref Front, RouteKey: '{path}', Target: !Sub 'integrations/${{Inner}}'}}
"""


def only(expansion: Expansion) -> Route:
    ((route, _),) = expansion.application.routes
    assert (route.function, expansion.notices) == (None, ())
    return route


JSON = {"Content-Type": "application/json"}
TEMPLATE = """requestTemplates: {application/json: '{"statusCode": 418}'}"""


@pytest.mark.parametrize(
    ("responses", "meant"),
    [
        ("{default: {statusCode: '200'}}", Mock("MOCK", 200, JSON)),
        (
            "{default: {statusCode: 200}, '4\\d{2}': {statusCode: 404, responseTemplates: {text/plain: gone}}}",
            Mock("MOCK", 404, {"Content-Type": "text/plain"}, "gone"),
        ),
        (
            "{'5..': {statusCode: 500}, default: {statusCode: 201}}",
            Mock("MOCK", 201, JSON),
        ),
        (
            """{default: {statusCode: 302, responseParameters: {method.response.header.Location: "'/b'"}}}""",
            Mock("MOCK", 302, {"Content-Type": "application/json", "Location": "/b"}),
        ),
        (
            """{default: {statusCode: 200, responseTemplates: {application/json: '{"price": "$5"}'},
                responseParameters: {method.response.header.content-type: "'a/b'"}}}""",
            Mock("MOCK", 200, {"content-type": "a/b"}, '{"price": "$5"}'),
        ),
    ],
)
def test_a_mock_answers(read: Read, responses: str, meant: Mock) -> None:
    assert only(read(rest(f"{{type: mock, {TEMPLATE}, responses: {responses}}}"))).integration == meant


@pytest.mark.parametrize("template", ["{statusCode: 204}", '{"statusCode" : "204"}', "{ 'statusCode': 204, }"])
def test_the_status_is_written_in_many_ways(read: Read, template: str) -> None:
    quoted = template.replace("'", "''")
    said = (
        f"{{type: MOCK, requestTemplates: {{application/json: '{quoted}'}}, responses: {{'204': {{statusCode: 204}}}}}}"
    )
    assert only(read(rest(said))).integration == Mock("MOCK", 204, JSON)


@pytest.mark.parametrize(
    ("integration", "reason"),
    [
        ("{type: mock, requestTemplates: {application/json: '#set($a = 1)'}}", "is not a plain status code"),
        (f"{{type: mock, {TEMPLATE}}}", "without a response for status 418"),
        (f"{{type: mock, {TEMPLATE}, responses: {{'200': {{statusCode: 200}}}}}}", "without a response for status 418"),
        (f"{{type: mock, {TEMPLATE}, responses: {{default: {{}}}}}}", "has no status code; add statusCode"),
        (
            f"{{type: mock, {TEMPLATE}, responses: {{default: {{statusCode: 200, "
            "responseTemplates: {a/b: $context.requestId}}}}",
            "has to be evaluated; let a function answer",
        ),
        (
            f"{{type: mock, {TEMPLATE}, responses: {{default: {{statusCode: 200, "
            "responseParameters: {method.response.header.X: context.requestId}}}}",
            "method.response.header.X is not a quoted literal",
        ),
        ("{type: http_proxy, uri: 'http://x', connectionType: VPC_LINK}", "goes through a VPC link"),
        ("{type: http_proxy, uri: 'ftp://x'}", "has the URI ftp://x, which is not an address"),
        ("{type: http_proxy, uri: 'http://{id}.example/'}", "which is not an address"),
        ("{type: http_proxy}", "has the URI none"),
        ("{type: http_proxy, uri: 'http://x/{id}'}", "{id}, which nothing is mapped to"),
        (
            "{type: http_proxy, uri: 'http://x/{id}', requestParameters: "
            "{integration.request.path.id: method.request.path.other}}",
            "has a URI with {other}, and its path has no such parameter",
        ),
        (
            "{type: http_proxy, uri: 'http://x', requestParameters: "
            "{integration.request.querystring.a: method.request.header.b}}",
            "has the request parameter integration.request.querystring.a",
        ),
        ("{type: http_proxy, uri: 'http://${stageVariables.other}/'}", "with the stage variable other"),
    ],
)
def test_what_is_left_out_says_why(read: Read, integration: str, reason: str) -> None:
    expansion = read(rest(integration, path='"/a/{id}"'))
    assert expansion.application.routes == ()
    (notice,) = expansion.notices
    assert reason in notice.text
    assert notice.text.startswith("route GET /a/{id} of Front has ") or "goes through" in notice.text
    assert notice.text.endswith(": it is left out")


def test_a_proxy_of_a_rest_api(read: Read) -> None:
    said = """{type: http_proxy, httpMethod: ANY, uri: 'http://${stageVariables.host}/v1/{rest}/{kind}?a=b',
      timeoutInMillis: 5000, requestParameters: {
        integration.request.path.rest: method.request.path.proxy, integration.request.path.kind: "'a b'",
        integration.request.header.X-From: "'shop'", integration.request.header.X-Id: method.request.header.X-Id}}"""
    route = only(read(rest(said, path='"/{proxy+}"', method="x-amazon-apigateway-any-method")))
    assert (route.method, route.path, route.timeout_in_millis) == ("ANY", "/{proxy+}", 5000)
    assert route.integration == HttpProxy(
        "HTTP_PROXY", "http://inner.example/v1/{proxy}/a%20b?a=b", "ANY", {"X-From": "shop"}
    )


def test_a_proxy_of_an_http_api(read: Read) -> None:
    said = "IntegrationType: HTTP_PROXY, IntegrationMethod: POST, IntegrationUri: 'https://x.example/{id}'"
    route = only(read(http(said)))
    assert route.integration == HttpProxy("HTTP_PROXY", "https://x.example/{id}", "POST")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("RequestParameters: {overwrite:path: /b}", "has the parameter mapping overwrite:path: /b"),
        ("ConnectionType: VPC_LINK", "goes through a VPC link"),
        ("ResponseParameters: {'200': {ResponseParameters: []}}", "changes the answer with ResponseParameters"),
    ],
)
def test_what_an_http_api_would_change_is_left_out(read: Read, more: str, reason: str) -> None:
    said = f"IntegrationType: HTTP_PROXY, IntegrationMethod: GET, IntegrationUri: 'https://x.example', {more}"
    expansion = read(http(said))
    assert expansion.application.routes == ()
    assert reason in expansion.notices[0].text


def test_an_http_api_has_no_mocks(read: Read) -> None:
    expansion = read(http("IntegrationType: MOCK"))
    assert "which HTTP APIs do not have" in expansion.notices[0].text


def test_a_hand_written_method(read: Read) -> None:
    expansion = read("""
Resources:
  Front: {Type: AWS::ApiGateway::RestApi, Properties: {Name: front}}
  Up:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Front
      ResourceId: !GetAtt Front.RootResourceId
      HttpMethod: GET
      ApiKeyRequired: true
      Integration:
        Type: MOCK
        RequestTemplates: {application/json: '{"statusCode": 200}'}
        IntegrationResponses:
          - {StatusCode: 500, SelectionPattern: "5.."}
          - {StatusCode: 200, ResponseTemplates: {application/json: '{"up": true}'}}
""")
    ((route, _),) = expansion.application.routes
    assert route.integration == Mock("MOCK", 200, JSON, '{"up": true}')
    assert route.auth.api_key_required


def test_a_preflight_that_differs_from_the_others_answers_for_itself(read: Read) -> None:
    def mock(methods: str) -> str:
        header = "method.response.header.Access-Control-Allow"
        parameters = f"""{{{header}-Origin: "'*'", {header}-Methods: "'{methods}'"}}"""
        answer = f"{{default: {{statusCode: 200, responseParameters: {parameters}}}}}"
        return (
            f"""{{type: mock, requestTemplates: {{application/json: '{{"statusCode": 200}}'}}, responses: {answer}}}"""
        )

    more = "\n".join(
        f"          {path}: {{options: {{x-amazon-apigateway-integration: {mock(methods)}}}}}"
        for path, methods in (("/b", "GET"), ("/c", "POST"))
    )
    route = only(read(rest(mock("GET"), method="options", more=more)))
    assert route.path == "/c"
    assert route.integration == Mock(
        "MOCK",
        200,
        {
            "Content-Type": "application/json",
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": "POST",
        },
    )


CREDENTIALS = """{type: mock, requestTemplates: {application/json: '{"statusCode": 200}'},
      responses: {default: {statusCode: 200, responseParameters: {
        method.response.header.Access-Control-Allow-Origin: "'*'",
        method.response.header.Access-Control-Allow-Headers: "'X-A'",
        method.response.header.Access-Control-Allow-Credentials: "'true'"}}}}"""


def test_a_preflight_that_browsers_refuse_is_a_warning(read: Read) -> None:
    expansion = read(rest(CREDENTIALS, method="options"))
    ((route, _),) = expansion.application.routes
    prefix = "Access-Control-Allow-"
    headers = {f"{prefix}Origin": "*", f"{prefix}Headers": "X-A", f"{prefix}Credentials": "true"}
    assert (route.method, route.integration) == ("OPTIONS", Mock("MOCK", 200, {**JSON, **headers}))
    assert expansion.application.apis["Front"].entry.cors is None
    (notice,) = expansion.notices
    assert notice.text.endswith("responseParameters allows credentials from every origin, which browsers refuse")


URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${F.Arn}/invocations"
FUNCTION = """
  F: {Type: AWS::Serverless::Function, Properties: {InlineCode: x, Handler: index.handler, Runtime: python3.12}}
"""


# https://github.com/localstack/localstack: recorded by test_apigateway_lambda.py, ..._proxy_integration_non_post_method
FAILED = Mock(
    "MOCK",
    500,
    {"Content-Type": "application/json", "x-amzn-ErrorType": "InternalServerErrorException"},
    '{"message": "Internal server error"}',
)


@pytest.mark.parametrize(
    ("method", "fails", "said"),
    [
        ("POST", False, None),
        ("post", False, None),
        ("GET", True, " is GET: AWS calls functions by POST only, so the route answers 500, as on AWS; use POST"),
        ("ANY", False, " is ANY: AWS calls functions by POST only, and answers 500 otherwise; use POST"),
    ],
)
def test_a_function_that_is_not_called_by_post(read: Read, method: str, fails: bool, said: str | None) -> None:
    integration = f"{{type: aws_proxy, httpMethod: {method}, uri: !Sub '{URI}'}}"
    in_document = read(rest(integration, more=FUNCTION))
    place = "RestApiId: !Ref Api, ResourceId: !GetAtt Api.RootResourceId, HttpMethod: GET, AuthorizationType: NONE"
    in_resource = read(f"""
Resources:
{FUNCTION}
  Api: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: api}}}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties: {{{place}, Integration: {{Type: AWS_PROXY, IntegrationHttpMethod: {method}, Uri: !Sub '{URI}'}}}}
""")
    for expansion, key in ((in_document, "httpMethod"), (in_resource, "Integration.IntegrationHttpMethod")):
        ((route, _),) = expansion.application.routes
        assert (route.function is None, route.integration) == ((True, FAILED) if fails else (False, None))
        texts = [notice.text for notice in expansion.notices]
        assert [each.endswith(f"{key}{said}") for each in texts] == ([] if said is None else [True])


@pytest.mark.parametrize(
    ("name", "value", "fails", "said"),
    [
        (
            "header.Accept",
            "'text/html'",
            False,
            " has no effect on AWS: a function gets the request as it is",
        ),
        ("querystring.a", "method.request.querystring.b", False, " has no effect on AWS: a function gets the request"),
        ("path.id", "method.request.path.id", False, None),  # for a cache key
        ("header.TE", "method.request.header.TE", True, " makes AWS answer 500, and so does this route; remove it"),
        ("header.Content-Length", "'1'", True, " makes AWS answer 500, and so does this route; remove it"),
    ],
)
def test_request_parameters_of_a_function_do_what_they_do_on_aws(
    read: Read, name: str, value: str, fails: bool, said: str | None
) -> None:
    parameters = f'{{integration.request.{name}: "{value}"}}'
    integration = f"{{type: aws_proxy, httpMethod: POST, uri: !Sub '{URI}', requestParameters: {parameters}}}"
    expansion = read(rest(integration, more=FUNCTION))
    ((route, _),) = expansion.application.routes
    assert route.integration == (FAILED if fails else None)
    path = f"x-amazon-apigateway-integration.requestParameters.integration.request.{name}"
    assert [f"{path}{said}" in notice.text for notice in expansion.notices] == ([] if said is None else [True])


def test_parameter_mapping_of_a_function_in_an_http_api_is_a_warning(read: Read) -> None:
    mapping = "RequestParameters: {'append:header.a': '1'}, ResponseParameters: {'200': {}}"
    said = f"IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt F.Arn, PayloadFormatVersion: '2.0', {mapping}"
    expansion = read(http(said) + FUNCTION)
    ((route, _),) = expansion.application.routes
    assert route.function is not None
    assert [notice.text.partition(" ")[2] for notice in expansion.notices] == [
        "of a function is not applied; let the function do it"
    ] * 2
