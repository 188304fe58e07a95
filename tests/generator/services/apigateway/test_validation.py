"""Which routes validate requests, and by what: SAM's properties, OpenAPI documents, and plain resources."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from esb_generator.expand import Expansion
from esb_generator.output.documents.documents import documents
from esb_schemas.contract import Validation
from esb_schemas.validation.loading import problems as problems_of

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]
JSON = "application/json"


def only(expansion: Expansion) -> tuple[Validation | None, dict[str, Any]]:
    """The validation of the only route, and the models of its API; the documents are valid."""
    ((route, _),) = expansion.application.routes
    assert expansion.notices == ()
    for kind, document in documents(expansion.application).by_kind():
        assert not list(problems_of(kind, document))
    return route.validation, dict(expansion.application.apis[route.api].entry.models)


# SAM: RequestModel and RequestParameters of events, Models of APIs


def sam(model: str = "{Model: Order}", parameters: str = "[]", models: str = "{}") -> str:
    return f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Shop:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      Models: {models}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: x
      Handler: index.handler
      Runtime: python3.12
      Events:
        Post:
          Type: Api
          Properties:
            RestApiId: !Ref Shop
            Path: /orders/{{id}}
            Method: post
            RequestModel: {model}
            RequestParameters: {parameters}
"""


MODELS = """
        Order: {type: object, required: [item], properties: {item: {$ref: '#/definitions/item'}}}
        Item: {type: string, pattern: '^[a-z]+$'}
        Unused: {type: object}"""
USED = {
    "item": {"type": "string", "pattern": "^[a-z]+$"},
    "order": {"type": "object", "required": ["item"], "properties": {"item": {"$ref": "model:item"}}},
}
PARAMETERS = """
              - method.request.header.X-Tenant: {Required: true, Caching: false}
              - method.request.querystring.page: {Required: false}
              - method.request.path.id: {Required: true}
              - method.request.querystring.sort"""
REQUIRED = ("header.X-Tenant", "path.id")
BODY = {JSON: {"$ref": "model:order"}}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("{Model: Order, ValidateBody: true}", Validation((), BODY)),
        ("{Model: Order, ValidateParameters: true}", Validation(REQUIRED, {})),
        ("{Model: Order, Required: true, ValidateBody: true, ValidateParameters: true}", Validation(REQUIRED, BODY)),
        ("{Model: Order, Required: true}", Validation()),
        ("{Model: Order, ValidateBody: false}", Validation()),
    ],
)
def test_an_event_with_a_request_model(read: Read, model: str, expected: Validation) -> None:
    validation, models = only(read(sam(model, PARAMETERS, MODELS)))
    assert validation == expected
    assert models == (USED if expected.bodies else {})


def test_a_format_of_a_model_that_is_used_is_a_warning(read: Read) -> None:
    models = """
        Order: {type: object, properties: {at: {type: string, format: date-time}, n: {type: integer, format: int64}}}
        Unused: {type: string, format: email}"""
    expansion = read(sam("{Model: Order, ValidateBody: true}", "[method.request.header.A]", models))
    (notice,) = expansion.notices
    assert notice.text.endswith(
        "Models.Order has the format date-time: formats are not checked, so a text of any form is valid; "
        "add a pattern, or let the function check it"
    )


def test_required_parameters_alone_are_not_validated(read: Read) -> None:
    template = sam(parameters=PARAMETERS).replace("            RequestModel: {Model: Order}\n", "")
    assert only(read(template)) == (None, {})


@pytest.mark.parametrize(
    ("model", "parameters", "text"),
    [
        (
            "{Model: Pizza, ValidateBody: true}",
            "[]",
            "24:27: Function: Events.Post.Properties.RequestModel has the Model Pizza, which is not in Models of Shop; "
            "define it there",
        ),
        (
            "{Model: Order, ValidateBodies: true}",
            "[]",
            "24:42: Function: Events.Post.Properties.RequestModel has no property ValidateBodies; did you mean "
            "ValidateBody?",
        ),
        (
            "{Model: Order}",
            "[method.request.cookie.a]",
            "25:33: Function: Events.Post.Properties.RequestParameters[0] must begin with method.request.header., "
            ".path. or .querystring., not 'method.request.cookie.a'",
        ),
    ],
)
def test_an_event_that_is_wrong(problems: Problems, model: str, parameters: str, text: str) -> None:
    assert problems(sam(model, parameters, MODELS)) == [text]


# OpenAPI documents


def document(text: str) -> str:
    return f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Shop:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      DefinitionBody: {text}
"""


def openapi(operation: str, default: str = "", schema: str = "{}") -> str:
    return document(f"""
        openapi: 3.0.1
        x-amazon-apigateway-request-validators:
          all: {{validateRequestBody: true, validateRequestParameters: true}}
          body: {{validateRequestBody: true}}
          none: {{validateRequestBody: false, validateRequestParameters: false}}
        {default}
        paths:
          /orders/{{id}}:
            parameters:
              - {{name: id, in: path, required: true}}
              - {{name: X-A, in: header, required: false}}
              - {{name: page, in: query, required: true}}
            post:
              {operation}
              parameters:
                - {{name: page, in: query, required: false}}
                - $ref: '#/components/parameters/Tenant'
                - {{name: session, in: cookie, required: true}}
              requestBody:
                content:
                  application/json: {{schema: {{$ref: '#/components/schemas/Order'}}}}
                  text/csv: {{schema: {{type: string}}}}
              x-amazon-apigateway-integration: {{type: http_proxy, httpMethod: POST, uri: 'https://a.example'}}
        components:
          parameters:
            Tenant: {{name: X-Tenant, in: header, required: true}}
          schemas:
            Order: {{type: object, properties: {{parts: {{items: {{$ref: '#/components/schemas/Order'}}}}}}}}
            Of another time: {schema}""")


IN_DOCUMENT = Validation(
    ("path.id", "header.X-Tenant"), {JSON: {"$ref": "model:Order"}, "text/csv": {"type": "string"}}
)
ORDER = {"type": "object", "properties": {"parts": {"items": {"$ref": "model:Order"}}}}
VALIDATOR = "x-amazon-apigateway-request-validator"


@pytest.mark.parametrize(
    ("operation", "default", "expected"),
    [
        (f"{VALIDATOR}: all", "", IN_DOCUMENT),
        ("description: x", f"{VALIDATOR}: all", IN_DOCUMENT),
        (f"{VALIDATOR}: body", f"{VALIDATOR}: all", IN_DOCUMENT._replace(parameters=())),
        (f"{VALIDATOR}: none", f"{VALIDATOR}: all", Validation()),
        ("description: x", "", None),
    ],
)
def test_an_openapi_document(read: Read, operation: str, default: str, expected: Validation | None) -> None:
    validation, models = only(read(openapi(operation, default, "{type: not valid}")))
    assert validation == expected
    assert models == ({"Order": ORDER} if expected and expected.bodies else {})


def test_a_swagger_document(read: Read) -> None:
    validation, models = only(
        read(
            document("""
        swagger: '2.0'
        consumes: [application/vnd.api+json]
        x-amazon-apigateway-request-validators: {all: {validateRequestBody: true, validateRequestParameters: true}}
        x-amazon-apigateway-request-validator: all
        parameters: {Page: {name: page, in: query, required: true, type: string}}
        paths:
          /orders:
            post:
              parameters:
                - $ref: '#/parameters/Page'
                - {name: order, in: body, required: true, schema: {$ref: '#/definitions/Order'}}
              x-amazon-apigateway-integration: {type: http_proxy, httpMethod: POST, uri: 'https://a.example'}
        definitions:
          Order: {type: object, allOf: [{$ref: '#/definitions/Part'}]}
          Part: {$ref: 'https://apigateway.amazonaws.com/restapis/abc/models/Item'}
          Item: {type: object, properties: {enum: {enum: [a]}}}""")
        )
    )
    assert validation == Validation(("querystring.page",), {"application/vnd.api+json": {"$ref": "model:Order"}})
    assert models.keys() == {"Order", "Part", "Item"}
    assert models["Part"] == {"$ref": "model:Item"}


def test_without_consumes_the_body_is_json(read: Read) -> None:
    validation, _ = only(
        read(
            document("""
        swagger: '2.0'
        x-amazon-apigateway-request-validators: {all: {validateRequestBody: true}}
        paths:
          /orders:
            post:
              x-amazon-apigateway-request-validator: all
              parameters: [{name: order, in: body, schema: {type: object}}]
              x-amazon-apigateway-integration: {type: http_proxy, httpMethod: POST, uri: 'https://a.example'}""")
        )
    )
    assert validation == Validation((), {JSON: {"type": "object"}})


def test_a_validator_that_is_not_there(problems: Problems) -> None:
    (found,) = problems(openapi(f"{VALIDATOR}: some"))
    assert found.endswith(f" has the request validator some, which is not in {VALIDATOR}s; add it there")


def test_an_http_api_does_not_validate(read: Read) -> None:
    template = openapi(f"{VALIDATOR}: all").replace("AWS::Serverless::Api", "AWS::Serverless::HttpApi")
    assert only(read(template)) == (None, {})


# AWS::ApiGateway resources


def resources(method: str, schema: str) -> str:
    return f"""
Resources:
  Shop: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: shop}}}}
  Other: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: other}}}}
  Order:
    Type: AWS::ApiGateway::Model
    Properties: {{RestApiId: !Ref Shop, Name: Order, ContentType: application/json, Schema: {schema}}}
  Item:
    Type: AWS::ApiGateway::Model
    Properties: {{RestApiId: !Ref Shop, ContentType: application/json, Schema: {{type: string}}}}
  All:
    Type: AWS::ApiGateway::RequestValidator
    Properties: {{RestApiId: !Ref Shop, ValidateRequestBody: true, ValidateRequestParameters: true}}
  Post:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Shop
      ResourceId: !GetAtt Shop.RootResourceId
      HttpMethod: POST
      AuthorizationType: NONE
      Integration: {{Type: HTTP_PROXY, IntegrationHttpMethod: POST, Uri: 'https://a.example'}}
      {method}
"""


METHOD = """RequestValidatorId: !Ref All
      RequestParameters: {method.request.header.X-A: true, method.request.querystring.b: false}
      RequestModels: {application/json: !Ref Order, text/plain: Empty}"""
LOCAL = {"definitions": {"name": {"type": "string"}}, "properties": {"name": {"$ref": "#/definitions/name"}}}


@pytest.mark.parametrize("schema", [json.dumps(LOCAL), f"'{json.dumps(LOCAL)}'"], ids=["mapping", "text"])
def test_a_method_with_a_validator(read: Read, schema: str) -> None:
    validation, models = only(read(resources(METHOD, schema)))
    assert validation == Validation(
        ("header.X-A",), {JSON: {"$ref": "model:Order"}, "text/plain": {"$ref": "model:Empty"}}
    )
    assert models == {"Empty": {"type": "object"}, "Order": LOCAL}


def test_a_model_refers_to_another_by_its_url(read: Read) -> None:
    url = "!Sub 'https://apigateway.amazonaws.com/restapis/${Shop}/models/${Item}'"
    _, models = only(read(resources(METHOD, f"{{type: array, items: {{$ref: {url}}}}}")))
    reference = models["Order"]["items"]["$ref"].removeprefix("model:")
    assert models[reference] == {"type": "string"}


def test_a_method_without_a_validator(read: Read) -> None:
    method = METHOD.replace("RequestValidatorId: !Ref All\n      ", "")
    assert only(read(resources(method, "{type: object}"))) == (None, {})


def test_a_schema_that_is_not_json(problems: Problems) -> None:
    (text,) = problems(resources(METHOD, "'{'"))
    assert "Order: Schema must be a JSON Schema, and is not JSON: " in text
