"""Gateway responses: SAM's property, OpenAPI documents, and plain resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from esb_generator.expand import Expansion
from esb_schemas.contract import GatewayResponse

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]
TEMPLATE = '{"error":$context.error.messageString,"id":"$context.requestId"}'
CORS = {"Access-Control-Allow-Origin": "*"}


def changes(expansion: Expansion) -> Mapping[str, GatewayResponse]:
    return expansion.application.apis["Shop"].entry.gateway_responses


def sam(responses: str = "{}", more: str = "") -> str:
    return f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Shop:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      GatewayResponses: {responses}
{more}"""


def test_gateway_responses_of_sam_change_the_responses_of_their_api(read: Read) -> None:
    expansion = read(
        sam(f"""
        DEFAULT_4XX:
          ResponseParameters:
            Headers: {{Access-Control-Allow-Origin: "'*'"}}
        UNAUTHORIZED:
          StatusCode: '404'
          ResponseTemplates: {{application/json: '{TEMPLATE}'}}""")
    )
    assert expansion.notices == ()
    assert changes(expansion) == {
        "DEFAULT_4XX": GatewayResponse(None, CORS),
        "UNAUTHORIZED": GatewayResponse(404, {}, {"application/json": TEMPLATE}),
    }


DOCUMENT = f"""
      DefinitionBody:
        openapi: 3.0.1
        x-amazon-apigateway-gateway-responses:
          DEFAULT_4XX:
            statusCode: 418
            responseParameters: {{gatewayresponse.header.Access-Control-Allow-Origin: "'*'"}}
            responseTemplates: {{application/json: '{TEMPLATE}'}}
          DEFAULT_5XX: {{statusCode: 503}}
        paths: {{}}"""


def test_a_document_and_sam_over_it(read: Read) -> None:
    assert changes(read(sam("{DEFAULT_5XX: {StatusCode: 599}}", DOCUMENT))) == {
        "DEFAULT_4XX": GatewayResponse(418, CORS, {"application/json": TEMPLATE}),
        "DEFAULT_5XX": GatewayResponse(599),
    }


RESOURCE = """
  Denied:
    Type: AWS::ApiGateway::GatewayResponse
    Properties:
      RestApiId: !Ref Shop
      ResponseType: ACCESS_DENIED
      StatusCode: '404'
      ResponseParameters: {gatewayresponse.header.Access-Control-Allow-Origin: "'*'"}
      ResponseTemplates: {text/plain: gone}
"""


@pytest.mark.parametrize(
    "api", [sam(), "Resources:\n  Shop: {Type: AWS::ApiGateway::RestApi, Properties: {Name: shop}}"]
)
def test_a_resource_changes_the_responses_of_its_api(read: Read, api: str) -> None:
    expansion = read(api + RESOURCE)
    assert expansion.notices == ()
    assert changes(expansion) == {"ACCESS_DENIED": GatewayResponse(404, CORS, {"text/plain": "gone"})}


def test_what_has_to_be_evaluated_is_left_out(read: Read) -> None:
    expansion = read(
        sam("""
        DEFAULT_4XX:
          ResponseParameters:
            Headers: {Access-Control-Allow-Origin: method.request.header.Origin, X-A: "'a'"}
          ResponseTemplates:
            application/json: '{"stage":"$context.stage"}'
            text/plain: costs $5""")
    )
    assert changes(expansion) == {"DEFAULT_4XX": GatewayResponse(None, {"X-A": "a"}, {"text/plain": "costs $5"})}
    assert [str(notice) for notice in expansion.notices] == [
        "template.yaml:10:52: Shop (AWS::Serverless::Api): "
        "GatewayResponses.DEFAULT_4XX.ResponseParameters.Headers.Access-Control-Allow-Origin: "
        "method.request.header.Origin is not a quoted literal: the header is left out",
        "template.yaml:12:31: Shop (AWS::Serverless::Api): "
        "GatewayResponses.DEFAULT_4XX.ResponseTemplates.application/json: $context.stage is not supported: the "
        "template is left out, and the body is AWS's; use $context.error.message, $context.error.messageString, "
        "$context.error.responseType, $context.extendedRequestId, $context.requestId",
    ]


@pytest.mark.parametrize(
    ("responses", "text"),
    [
        ("{DEFAULT_4X: {}}", "has no property DEFAULT_4X; did you mean DEFAULT_4XX?"),
        ("{DEFAULT_4XX: {Status: 400}}", "has no property Status"),
        ("{DEFAULT_4XX: {StatusCode: 99}}", "must be a whole number from 200 to 599, not 99"),
    ],
)
def test_a_response_that_is_wrong(problems: Problems, responses: str, text: str) -> None:
    (found,) = problems(sam(responses))
    assert text in found


def test_a_type_that_does_not_exist(problems: Problems) -> None:
    (text,) = problems(sam() + RESOURCE.replace("ACCESS_DENIED", "DENIED"))
    assert text.endswith("Denied has the ResponseType DENIED, which API Gateway does not have")
