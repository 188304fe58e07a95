"""Routes of HTTP APIs that call a queue or a bus without a function."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from esb_generator.expand import Expansion
from esb_schemas.contract import Route, ServiceCall

Read = Callable[..., Expansion]
SEND = "IntegrationSubtype: SQS-SendMessage"
TO_ORDERS = "QueueUrl: !Ref Orders, MessageBody: $request.body"
QUEUE = {"QueueUrl": "http://cloud:4566/123456789012/shop-Orders", "MessageBody": "$request.body"}
RULE = """
  Rule:
    Type: AWS::Events::Rule
    Properties: {EventPattern: {source: [a]}, Targets: [{Id: T, Arn: !GetAtt Orders.Arn}]}
"""


def http(integration: str, more: str = "", path: str = "POST /a/{id}", api: str = "AWS::ApiGatewayV2::Api") -> str:
    """An HTTP API with one hand-written route, and a queue."""
    protocol = "ProtocolType: HTTP" if api == "AWS::ApiGatewayV2::Api" else "StageVariables: {word: please}"
    return f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders: {{Type: AWS::SQS::Queue}}
  Front: {{Type: '{api}', Properties: {{Name: front, {protocol}}}}}
  Inner:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {{ApiId: !Ref Front, IntegrationType: AWS_PROXY, PayloadFormatVersion: "1.0", {integration}}}
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {{ApiId: !Ref Front, RouteKey: '{path}', Target: !Sub 'integrations/${{Inner}}'}}
{more}"""


def document(integration: str, kind: str = "HttpApi") -> str:
    """An API with a document of one operation, and a queue."""
    return f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders: {{Type: AWS::SQS::Queue}}
  Front:
    Type: AWS::Serverless::{kind}
    Properties:
      StageName: v1
      DefinitionBody:
        openapi: 3.0.1
        paths: {{/a: {{post: {{x-amazon-apigateway-integration: {{type: aws_proxy, {integration}}}}}}}}}
"""


def only(expansion: Expansion) -> Route:
    ((route, _),) = expansion.application.routes
    assert (route.function, expansion.notices) == (None, ())
    return route


def notice(expansion: Expansion) -> str:
    assert expansion.application.routes == ()
    (found,) = expansion.notices
    return found.text


def test_a_hand_written_route_sends_a_message(read: Read) -> None:
    route = only(read(http(f"{SEND}, CredentialsArn: a, TimeoutInMillis: 5000, RequestParameters: {{{TO_ORDERS}}}")))
    assert route.integration == ServiceCall("AWS_PROXY", "SQS-SendMessage", QUEUE)
    assert (route.timeout_in_millis, route.payload) == (5000, None)


def test_an_operation_of_a_document_sends_a_message(read: Read) -> None:
    text = f"integrationSubtype: SQS-SendMessage, payloadFormatVersion: '1.0', requestParameters: {{{TO_ORDERS}}}"
    assert only(read(document(text))).integration == ServiceCall("AWS_PROXY", "SQS-SendMessage", QUEUE)


def test_a_hand_written_route_of_a_sam_api(read: Read) -> None:
    text = f"{SEND}, RequestParameters: {{{TO_ORDERS}, MessageGroupId: $stageVariables.word}}"
    integration = only(read(http(text, api="AWS::Serverless::HttpApi"))).integration
    assert integration == ServiceCall(
        "AWS_PROXY", "SQS-SendMessage", {**QUEUE, "MessageGroupId": "$stageVariables.word"}
    )


@pytest.mark.parametrize(
    "changes",
    [
        "responseParameters: {'200': {overwrite:statuscode: 202, append:header.A: $response.body.a}}",
        "responseParameters: {'200': {ResponseParameters: [{Destination: overwrite:statuscode, Source: 202}, "
        "{Destination: append:header.A, Source: $response.body.a}]}}",
    ],
)
def test_changes_of_the_response(read: Read, changes: str) -> None:
    route = only(read(document(f"integrationSubtype: SQS-SendMessage, requestParameters: {{{TO_ORDERS}}}, {changes}")))
    assert isinstance(route.integration, ServiceCall)
    expected = {"200": {"overwrite:statuscode": "202", "append:header.A": "$response.body.a"}}
    assert route.integration.response_parameters == expected


@pytest.mark.parametrize(
    ("bus", "more"),
    [
        ("", RULE),
        ("EventBusName: default, ", RULE),
        ("EventBusName: !GetAtt Bus.Arn, ", "  Bus: {Type: AWS::Events::EventBus, Properties: {Name: bus}}"),
        ("EventBusName: !Ref Bus, ", "  Bus: {Type: AWS::Events::EventBus, Properties: {Name: bus}}"),
        ("EventBusName: $request.header.bus, ", RULE),
    ],
)
def test_a_route_puts_events_on_a_bus(read: Read, bus: str, more: str) -> None:
    text = f"RequestParameters: {{{bus}Detail: $request.body, DetailType: t, Source: a.$request.path.id}}"
    route = only(read(http(f"IntegrationSubtype: EventBridge-PutEvents, {text}", more)))
    assert isinstance(route.integration, ServiceCall)
    assert route.integration.request_parameters["Source"] == "a.$request.path.id"


def test_the_region_of_the_stack_may_be_named(read: Read) -> None:
    text = f"{SEND}, RequestParameters: {{{TO_ORDERS}, Region: !Ref AWS::Region}}"
    assert only(read(http(text))).integration == ServiceCall("AWS_PROXY", "SQS-SendMessage", QUEUE)


@pytest.mark.parametrize(
    ("integration", "reason"),
    [
        ("IntegrationSubtype: Kinesis-PutRecord", "calls Kinesis-PutRecord without a function; let a function call it"),
        (
            "IntegrationSubtype: SQS-SendMesage",
            "calls SQS-SendMesage without a function; let a function call it; did you mean SQS-SendMessage?",
        ),
        (
            f"{SEND}, ConnectionType: VPC_LINK",
            "calls SQS-SendMessage through a VPC link, which the stack does not have; remove it",
        ),
        (
            f"{SEND}, RequestParameters: {{{TO_ORDERS}, Region: eu-west-3}}",
            "calls SQS-SendMessage in the region eu-west-3, and the stack has us-east-1 only",
        ),
        (
            f"{SEND}, RequestParameters: {{QueueUrl: !Ref Orders}}",
            "has an integration whose RequestParameters: SQS-SendMessage needs 'MessageBody'",
        ),
        (
            f"{SEND}, RequestParameters: {{{TO_ORDERS}, DelaySeconds: $request.path.wait}}",
            "has an integration whose RequestParameters.DelaySeconds: the path /a/{id} has no parameter 'wait'",
        ),
        (
            f"{SEND}, RequestParameters: {{{TO_ORDERS}, DelaySeconds: $stageVariables.wait}}",
            "uses the stage variable wait, which its stage does not have; add it there",
        ),
        (
            f"{SEND}, RequestParameters: {{QueueUrl: 'https://sqs.us-east-1.amazonaws.com/123456789012/other', "
            "MessageBody: a}",
            "calls SQS-SendMessage for https://sqs.us-east-1.amazonaws.com/123456789012/other, which is not a queue of "
            "this template",
        ),
        (
            "IntegrationSubtype: EventBridge-PutEvents, RequestParameters: {Detail: a, DetailType: b, Source: c}",
            "calls EventBridge-PutEvents, and no rule of the template would get the event; "
            "add one, or remove the route",
        ),
    ],
)
def test_what_is_left_out(read: Read, integration: str, reason: str) -> None:
    assert notice(read(http(integration))) == f"route POST /a/{{id}} of Front {reason}: it is left out"


def test_a_bus_of_another_template(read: Read) -> None:
    text = "RequestParameters: {EventBusName: other, Detail: a, DetailType: b, Source: c}"
    assert notice(read(http(f"IntegrationSubtype: EventBridge-PutEvents, {text}", RULE))) == (
        "route POST /a/{id} of Front calls EventBridge-PutEvents for other, which is not a bus of this template: "
        "it is left out"
    )


@pytest.mark.parametrize(
    ("integration", "kind", "reason"),
    [
        (
            "integrationSubtype: SQS-SendMessage, payloadFormatVersion: '2.0'",
            "HttpApi",
            "calls SQS-SendMessage with payload format 2.0; calls of a service have payloadFormatVersion 1.0",
        ),
        (
            "type: http_proxy, integrationSubtype: SQS-SendMessage",
            "HttpApi",
            "calls SQS-SendMessage by an integration of type HTTP_PROXY; set type to AWS_PROXY",
        ),
        (
            "integrationSubtype: SQS-SendMessage",
            "Api",
            "calls SQS-SendMessage without a function; let a function call it",
        ),
        (
            f"integrationSubtype: SQS-SendMessage, requestParameters: {{{TO_ORDERS}}}, "
            "responseParameters: {'200': {append:header.Via: a}}",
            "HttpApi",
            "has an integration whose responseParameters['200']['append:header.Via']: append:header.Via changes a "
            "header that API Gateway reserves",
        ),
    ],
)
def test_what_of_a_document_is_left_out(read: Read, integration: str, kind: str, reason: str) -> None:
    text = document(integration, kind).replace("type: aws_proxy, type:", "type:")
    assert notice(read(text)) == f"route POST /a of Front {reason}: it is left out"
