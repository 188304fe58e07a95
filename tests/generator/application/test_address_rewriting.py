"""What an application has in place of addresses of AWS, and what the build says of it."""

from __future__ import annotations

from esb_generator.expand import Expansion
from tests.generator.conftest import Read

FUNCTION = """
Resources:
  Graph: {Type: AWS::AppSync::GraphQLApi}
  F:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: "pass"
      Handler: a.b
      Runtime: python3.12
      Events: {Get: {Type: Api, Properties: {Path: /a, Method: GET}}}
      Environment:
        Variables:
"""


def environment(expansion: Expansion) -> dict[str, str]:
    (function,) = expansion.application.functions
    return dict(function.entry.environment)


def test_the_address_of_an_unsupported_resource_is_reported_once(read: Read) -> None:
    expansion = read(FUNCTION + "          GRAPH: !GetAtt Graph.GraphQLUrl\n")

    address = "http://not-in-this-stack:9002/graphql"
    assert environment(expansion) == {"GRAPH": address}
    assert [notice.logical_id for notice in expansion.notices] == ["Graph"]
    assert [(each.reference, each.value) for each in expansion.placeholders] == [("Graph.GraphQLUrl", address)]


def test_the_address_of_a_queue_leads_to_its_server_if_the_stack_has_queues(read: Read) -> None:
    literal = "          QUEUE: 'https://sqs.us-east-1.amazonaws.com/123456789012/shop-Orders'\n"
    expansion = read(FUNCTION.replace("Resources:", "Resources:\n  Orders: {Type: AWS::SQS::Queue}") + literal)

    assert environment(expansion) == {"QUEUE": "http://cloud:4566/123456789012/shop-Orders"}
    assert [each for each in expansion.notices if each.logical_id == "F"] == []


def test_an_address_that_the_template_writes_is_reported_with_its_place(read: Read) -> None:
    expansion = read(FUNCTION + "          KEYS: 'https://kms.us-east-1.amazonaws.com'\n")

    (notice,) = [each for each in expansion.notices if each.logical_id == "F"]
    assert environment(expansion) == {"KEYS": "http://not-in-this-stack:9002"}
    assert notice.mark.line == 12
    assert notice.text == (
        "KEYS has the address https://kms.us-east-1.amazonaws.com of AWS, where nothing is sent; calls to it fail"
    )


def test_an_address_that_the_stack_has_is_not_reported(read: Read) -> None:
    expansion = read(
        FUNCTION
        + "          API: !Sub 'https://${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com/Prod/a'\n"
        + "          TABLES: 'https://dynamodb.us-east-1.amazonaws.com'\n"
    )

    assert environment(expansion) == {"API": "http://gateway:8080/Prod/a", "TABLES": "http://database:8000"}
    assert [each for each in expansion.notices if each.logical_id == "F"] == []
    assert expansion.placeholders == ()


def test_a_route_leads_to_no_server_of_aws(read: Read) -> None:
    expansion = read(
        """
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      DefinitionBody:
        openapi: 3.0.1
        paths:
          /files/{name}:
            get:
              x-amazon-apigateway-integration:
                type: http_proxy
                httpMethod: GET
                payloadFormatVersion: "1.0"
                uri: https://files.s3.us-east-1.amazonaws.com/{name}
"""
    )

    (route,) = expansion.application.routes
    assert getattr(route.entry.integration, "uri", "") == "http://s3-storage:9000/files/{name}"
