"""APIs that are written as AWS::ApiGateway::* and AWS::ApiGatewayV2::*."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from esb_generator.expand import Expansion
from esb_schemas.contract import Cors, RouteAuth

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]

F = """
F: {Type: AWS::Lambda::Function, Properties: {Runtime: python3.12, Handler: a.b, Role: r, Code: src}}
"""
PATH = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions"
INTEGRATION = f"{{Type: AWS_PROXY, IntegrationHttpMethod: POST, Uri: !Sub '{PATH}/${{F.Arn}}/invocations'}}"


def routes(expansion: Expansion) -> list[str]:
    return [f"{r.api} {r.method} {r.path} {r.function} {r.payload}" for r, _ in expansion.application.routes]


def test_a_rest_api_of_resources_and_methods(read: Read) -> None:
    expansion = read(
        F
        + f"""
Front: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: front, BinaryMediaTypes: [image/png]}}}}
Orders:
  Type: AWS::ApiGateway::Resource
  Properties: {{RestApiId: !Ref Front, ParentId: !GetAtt Front.RootResourceId, PathPart: orders}}
Order:
  Type: AWS::ApiGateway::Resource
  Properties: {{RestApiId: !Ref Front, ParentId: !Ref Orders, PathPart: "{{id}}"}}
Root:
  Type: AWS::ApiGateway::Method
  Properties: {{RestApiId: !Ref Front, ResourceId: !GetAtt Front.RootResourceId, HttpMethod: GET,
    AuthorizationType: NONE, Integration: {INTEGRATION}}}
Get:
  Type: AWS::ApiGateway::Method
  Properties: {{RestApiId: !Ref Front, ResourceId: !Ref Order, HttpMethod: ANY, Integration: {INTEGRATION}}}
Secret:
  Type: AWS::ApiGateway::Method
  Properties: {{RestApiId: !Ref Front, ResourceId: !Ref Orders, HttpMethod: PUT, AuthorizationType: AWS_IAM,
    Integration: {INTEGRATION}}}
Unknown:
  Type: AWS::ApiGateway::Method
  Properties: {{RestApiId: !Ref Front, ResourceId: !Ref Orders, HttpMethod: PATCH, AuthorizationType: CUSTOM,
    Integration: {INTEGRATION}}}
Mock:
  Type: AWS::ApiGateway::Method
  Properties: {{RestApiId: !Ref Front, ResourceId: !Ref Orders, HttpMethod: GET, Integration: {{Type: MOCK}}}}
Preflight:
  Type: AWS::ApiGateway::Method
  Properties:
    RestApiId: !Ref Front
    ResourceId: !Ref Orders
    HttpMethod: OPTIONS
    Integration:
      Type: MOCK
      IntegrationResponses:
        - StatusCode: 200
          ResponseParameters: {{method.response.header.Access-Control-Allow-Origin: "'*'"}}
Deployed: {{Type: AWS::ApiGateway::Deployment, Properties: {{RestApiId: !Ref Front}}}}
Stage:
  Type: AWS::ApiGateway::Stage
  Properties: {{RestApiId: !Ref Front, DeploymentId: !Ref Deployed, StageName: live, Variables: {{a: b}}}}
"""
    )
    assert routes(expansion) == ["Front GET / F 1.0", "Front PUT /orders F 1.0", "Front ANY /orders/{id} F 1.0"]
    assert [route.auth.authorization for route, _ in expansion.application.routes] == ["NONE", "AWS_IAM", "NONE"]
    ((api, _),) = expansion.application.apis.values()
    assert (api.type, api.stage, api.stage_variables, api.cors) == ("REST", "live", {"a": "b"}, Cors(("*",)))
    assert [(notice.logical_id, notice.text) for notice in expansion.notices] == [
        (
            "Unknown",
            "route PATCH /orders of Front needs authorizer CUSTOM, which its API does not define: it is left out",
        ),
        (
            "Mock",
            "route GET /orders of Front has a mock integration that chooses no response; "
            """add RequestTemplates with '{"statusCode": 200}': it is left out""",
        ),
    ]


def test_authorizers_and_keys_of_a_rest_api(read: Read) -> None:
    def method(name: str, verb: str, auth: str) -> str:
        place = "RestApiId: !Ref Front, ResourceId: !GetAtt Front.RootResourceId"
        return f"""
{name}:
  Type: AWS::ApiGateway::Method
  Properties: {{{place}, HttpMethod: {verb}, {auth}, Integration: {INTEGRATION}}}
"""

    uri = f"!Sub '{PATH}/${{F.Arn}}/invocations'"
    expansion = read(
        F
        + f"""
Front: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: front, ApiKeySourceType: AUTHORIZER}}}}
Tokens:
  Type: AWS::ApiGateway::Authorizer
  Properties: {{RestApiId: !Ref Front, Type: TOKEN, Name: t, AuthorizerUri: {uri},
    IdentitySource: method.request.header.X-T, AuthorizerResultTtlInSeconds: 0, IdentityValidationExpression: "a.*"}}
Calls:
  Type: AWS::ApiGateway::Authorizer
  Properties: {{RestApiId: !Ref Front, Type: REQUEST, Name: c, AuthorizerUri: {uri},
    IdentitySource: "method.request.header.A, method.request.querystring.b"}}
Pool:
  Type: AWS::ApiGateway::Authorizer
  Properties: {{RestApiId: !Ref Front, Type: COGNITO_USER_POOLS, Name: p, IdentitySource: method.request.header.X-P,
    ProviderARNs: ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a"]}}
"""
        + method("One", "GET", "AuthorizationType: CUSTOM, AuthorizerId: !Ref Tokens")
        + method("Two", "PUT", "AuthorizationType: CUSTOM, AuthorizerId: !Ref Calls, ApiKeyRequired: true")
        + method(
            "Three",
            "POST",
            "AuthorizationType: COGNITO_USER_POOLS, AuthorizerId: !Ref Pool, AuthorizationScopes: [read]",
        )
    )
    guards = {route.method: route.auth for route, _ in expansion.application.routes}
    assert guards == {
        "GET": RouteAuth(authorizer="Tokens"),
        "PUT": RouteAuth(authorizer="Calls", api_key_required=True),
        "POST": RouteAuth(authorizer="Pool", scopes=("read",)),
    }
    ((api, _),) = expansion.application.apis.values()
    assert api.api_key_source == "AUTHORIZER"
    assert [
        (name, each.type, each.identity_sources, each.result_ttl_in_seconds) for name, each in api.authorizers.items()
    ] == [
        ("Tokens", "TOKEN", ("$request.header.X-T",), 0),
        ("Calls", "REQUEST", ("$request.header.A", "$request.querystring.b"), None),
        ("Pool", "COGNITO_USER_POOLS", ("$request.header.X-P",), None),
    ]


def test_authorizers_of_an_http_api(read: Read) -> None:
    route = "ApiId: !Ref Front, Target: !Sub 'integrations/${Proxy}'"
    uri = f"!Sub '{PATH}/${{F.Arn}}/invocations'"
    expansion = read(
        F
        + f"""
Front: {{Type: AWS::ApiGatewayV2::Api, Properties: {{Name: front, ProtocolType: HTTP}}}}
Proxy:
  Type: AWS::ApiGatewayV2::Integration
  Properties: {{ApiId: !Ref Front, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt F.Arn}}
Login:
  Type: AWS::ApiGatewayV2::Authorizer
  Properties: {{ApiId: !Ref Front, AuthorizerType: JWT, Name: l, IdentitySource: ["$request.header.Authorization"],
    JwtConfiguration: {{Issuer: "https://id.example", Audience: [shop]}}}}
Calls:
  Type: AWS::ApiGatewayV2::Authorizer
  Properties: {{ApiId: !Ref Front, AuthorizerType: REQUEST, Name: c, AuthorizerPayloadFormatVersion: "2.0",
    EnableSimpleResponses: true, AuthorizerUri: {uri}}}
A:
  Type: AWS::ApiGatewayV2::Route
  Properties: {{{route}, RouteKey: GET /a, AuthorizationType: JWT, AuthorizerId: !Ref Login, AuthorizationScopes: [r]}}
B:
  Type: AWS::ApiGatewayV2::Route
  Properties: {{{route}, RouteKey: GET /b, AuthorizationType: CUSTOM, AuthorizerId: !Ref Calls}}
C:
  Type: AWS::ApiGatewayV2::Route
  Properties: {{{route}, RouteKey: GET /c, AuthorizationType: AWS_IAM}}
"""
    )
    assert [route.auth for route, _ in expansion.application.routes] == [
        RouteAuth(authorizer="Login", scopes=("r",)),
        RouteAuth(authorizer="Calls"),
        RouteAuth("AWS_IAM"),
    ]
    ((api, _),) = expansion.application.apis.values()
    login, calls = api.authorizers.values()
    assert (login.issuer, login.audience) == ("https://id.example", ("shop",))
    assert (calls.function, calls.payload, calls.simple_responses) == ("F", "2.0", True)


def test_a_domain_with_mutual_tls_closes_the_api_behind_it(read: Read) -> None:
    expansion = read(
        F
        + """
Front: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: f, ProtocolType: HTTP, Target: !GetAtt F.Arn}}
Domain:
  Type: AWS::ApiGatewayV2::DomainName
  Properties: {DomainName: a.example, MutualTlsAuthentication: {TruststoreUri: "s3://a/b"}}
Mapping:
  Type: AWS::ApiGatewayV2::ApiMapping
  Properties: {ApiId: !Ref Front, DomainName: !Ref Domain, Stage: $default}
"""
    )
    assert routes(expansion) == []
    assert "is behind mutual TLS" in str(expansion.notices)


def test_an_http_api_of_routes_and_integrations(read: Read) -> None:
    expansion = read(
        F
        + """
Front:
  Type: AWS::ApiGatewayV2::Api
  Properties: {Name: front, ProtocolType: HTTP, CorsConfiguration: {AllowOrigins: ["*"]}}
Proxy:
  Type: AWS::ApiGatewayV2::Integration
  Properties:
    {ApiId: !Ref Front, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt F.Arn, PayloadFormatVersion: "2.0"}
Get:
  Type: AWS::ApiGatewayV2::Route
  Properties: {ApiId: !Ref Front, RouteKey: GET /orders, Target: !Sub "integrations/${Proxy}"}
Rest:
  Type: AWS::ApiGatewayV2::Route
  Properties: {ApiId: !Ref Front, RouteKey: $default, Target: !Join [/, [integrations, !Ref Proxy]]}
Stage: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Front, StageName: $default, AutoDeploy: true}}
"""
    )
    assert routes(expansion) == ["Front GET /orders F 2.0", "Front ANY $default F 2.0"]
    ((api, _),) = expansion.application.apis.values()
    assert (api.type, api.stage, api.cors) == ("HTTP", "$default", Cors(("*",)))
    assert expansion.notices == ()


def test_a_hand_written_route_of_an_api_of_sam(read: Read) -> None:
    """SAM's default authorizer is for the routes of its document alone."""
    expansion = read(
        F
        + """
Front:
  Type: AWS::Serverless::HttpApi
  Properties:
    Auth:
      DefaultAuthorizer: Login
      Authorizers:
        Login:
          IdentitySource: $request.header.Authorization
          JwtConfiguration: {issuer: "https://id.example", audience: [shop]}
Proxy:
  Type: AWS::ApiGatewayV2::Integration
  Properties: {ApiId: !Ref Front, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt F.Arn}
Get:
  Type: AWS::ApiGatewayV2::Route
  Properties: {ApiId: !Ref Front, RouteKey: GET /orders, Target: !Sub "integrations/${Proxy}"}
"""
    )
    assert routes(expansion) == ["Front GET /orders F 1.0"]
    ((route, _),) = expansion.application.routes
    assert (route.auth, expansion.notices) == (RouteAuth(), ())


def test_an_http_api_that_names_its_function(read: Read) -> None:
    quick = "Front: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: f, ProtocolType: HTTP, Target: !GetAtt F.Arn}}"
    assert routes(read(F + quick)) == ["Front ANY $default F 2.0"]


def test_a_body(read: Read) -> None:
    integration = f"{{type: AWS_PROXY, uri: !Sub '{PATH}/${{F.Arn}}/invocations'}}"
    body = (
        "Front:\n  Type: AWS::ApiGateway::RestApi\n  Properties:\n    Body:\n      paths:\n        /orders:\n"
        f"          get: {{x-amazon-apigateway-integration: {integration}}}\n"
    )
    assert routes(read(F + body)) == ["Front GET /orders F 1.0"]


def test_events_that_name_a_handwritten_api_add_no_route(read: Read) -> None:
    """The SAM transform writes only the permission."""
    expansion = read(
        """
        Front: {Type: AWS::ApiGateway::RestApi, Properties: {Name: front}}
        G:
          Type: AWS::Serverless::Function
          Properties:
            Runtime: python3.12
            Handler: a.b
            Events: {A: {Type: Api, Properties: {Path: /a, Method: get, RestApiId: !Ref Front}}}
        """
    )
    assert routes(expansion) == []


def test_a_route_key_that_ends_with_a_slash_is_warned_about(read: Read) -> None:
    """API Gateway refuses it, but for the root: https://github.com/storacha/w3infra/pull/166."""
    expansion = read(
        F
        + f"""
Front: {{Type: AWS::ApiGatewayV2::Api, Properties: {{Name: front, ProtocolType: HTTP}}}}
Proxy:
  Type: AWS::ApiGatewayV2::Integration
  Properties: {{ApiId: !Ref Front, IntegrationType: AWS_PROXY, PayloadFormatVersion: "2.0",
    IntegrationUri: !Sub '{PATH}/${{F.Arn}}/invocations'}}
Orders:
  Type: AWS::ApiGatewayV2::Route
  Properties: {{ApiId: !Ref Front, RouteKey: GET /orders/, Target: !Sub "integrations/${{Proxy}}"}}
Root:
  Type: AWS::ApiGatewayV2::Route
  Properties: {{ApiId: !Ref Front, RouteKey: GET /, Target: !Sub "integrations/${{Proxy}}"}}
"""
    )
    assert routes(expansion) == ["Front GET / F 2.0", "Front GET /orders/ F 2.0"]
    assert ["/orders/" in notice.text and notice.logical_id == "Orders" for notice in expansion.notices] == [True]


@pytest.mark.parametrize(
    ("type_", "properties", "problem"),
    [
        (
            "ApiGateway::Method",
            "AuthorizationTyp: AWS_IAM, HttpMethod: GET",
            "X: AWS::ApiGateway::Method has no property AuthorizationTyp; did you mean AuthorizationType?",
        ),
        (
            "ApiGateway::Method",
            "HttpMethod: GET, Integration: {Type: MOCK, Urii: x}",
            "X: Integration has no property Urii; did you mean Uri?",
        ),
        (
            "ApiGatewayV2::Route",
            "RouteKey: GET /a, AuthorizerID: x",
            "X: AWS::ApiGatewayV2::Route has no property AuthorizerID; did you mean AuthorizerId?",
        ),
        (
            "ApiGateway::UsagePlan",
            "Throttle: {RateLimits: 1}, Quota: {Limit: 1, Period: DAY}",
            "X: Throttle has no property RateLimits; did you mean RateLimit?",
        ),
    ],
)
def test_a_property_that_aws_would_refuse(problems: Problems, type_: str, properties: str, problem: str) -> None:
    (told,) = problems(f"X: {{Type: AWS::{type_}, Properties: {{{properties}}}}}")
    assert told.partition(": ")[2] == problem
