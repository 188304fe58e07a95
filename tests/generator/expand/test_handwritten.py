"""APIs that are written as AWS::ApiGateway::* and AWS::ApiGatewayV2::*."""

from __future__ import annotations

from collections.abc import Callable

from esb_generator.expand import Expansion
from esb_generator.model import Cors

Read = Callable[..., Expansion]

F = """
F: {Type: AWS::Lambda::Function, Properties: {Runtime: python3.12, Handler: a.b, Role: r, Code: src}}
"""
PATH = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions"
INTEGRATION = f"{{Type: AWS_PROXY, IntegrationHttpMethod: POST, Uri: !Sub '{PATH}/${{F.Arn}}/invocations'}}"


def routes(expansion: Expansion) -> list[str]:
    return [f"{r.api} {r.method} {r.path} {r.function} {r.payload}" for r in expansion.application.routes]


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
    assert routes(expansion) == ["Front GET / F 1.0", "Front ANY /orders/{id} F 1.0"]
    (api,) = expansion.application.apis
    assert (api.type, api.stage, api.stage_variables, api.cors) == ("REST", "live", {"a": "b"}, Cors(("*",)))
    assert [(notice.logical_id, notice.text) for notice in expansion.notices] == [
        (
            "Secret",
            "route PUT /orders of Front needs authorizer AWS_IAM, which the stack does not check: it is left out",
        ),
        ("Mock", "only proxy integrations to a function of this template are served: the method is left out"),
    ]


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
    (api,) = expansion.application.apis
    assert (api.type, api.stage, api.cors) == ("HTTP", "$default", Cors(("*",)))
    assert expansion.notices == ()


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
