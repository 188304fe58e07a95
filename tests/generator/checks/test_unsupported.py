"""Everything unsupported is reported once, with its consequences."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from esb_generator.expand import Expansion

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]


def told(expansion: Expansion) -> list[str]:
    return [f"{notice.logical_id} ({notice.type}): {notice.text}" for notice in expansion.notices]


CONSUMER = """
Consumer:
  Type: AWS::Serverless::Function
  Properties:
    Runtime: python3.12
    Handler: app.handler
    Environment: {Variables: {ANSWERS: !Ref Answers}}
    Events:
      Order: {Type: SQS, Properties: {Queue: !GetAtt Orders.Arn}}
      Foreign: {Type: SQS, Properties: {Queue: "arn:aws:sqs:us-east-1:111122223333:theirs"}}
      Row: {Type: DynamoDB, Properties: {Stream: !GetAtt Table.StreamArn, StartingPosition: LATEST}}
Orders: {Type: AWS::SQS::Queue}
Answers: {Type: AWS::StepFunctions::StateMachine}
Unused: {Type: AWS::KinesisFirehose::DeliveryStream}
Table:
  Type: AWS::DynamoDB::Table
  Properties:
    KeySchema: [{AttributeName: id, KeyType: HASH}]
    AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
    StreamSpecification: {StreamViewType: NEW_IMAGE}
"""


def test_a_missing_resource_says_who_misses_it(read: Read) -> None:
    assert told(read(CONSUMER)) == [
        "Consumer (AWS::Serverless::Function): event Foreign (SQS): "
        "arn:aws:sqs:us-east-1:111122223333:theirs is not a queue of this template; Consumer is never triggered by it",
        "Answers (AWS::StepFunctions::StateMachine): no Step Functions in the stack; calls to it from Consumer fail",
        "Unused (AWS::KinesisFirehose::DeliveryStream): no Data Firehose in the stack",
    ]


@pytest.mark.parametrize(
    "kind",
    [
        "AWS::IAM::Role",
        "AWS::Logs::LogGroup",
        "AWS::CloudWatch::Alarm",
        "AWS::Lambda::Permission",
        "AWS::S3::BucketPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::Serverless::Connector",
        "AWS::EC2::VPC",
        "AWS::ApiGateway::Account",
    ],
)
def test_what_has_no_effect_here_is_silent(read: Read, kind: str) -> None:
    assert told(read(f"R: {{Type: '{kind}', Properties: {{}}}}")) == []


@pytest.mark.parametrize(
    ("resource", "text"),
    [
        ("{Type: Custom::Setup, Properties: {}}", "custom resources are unsupported"),
        ("{Type: AWS::CloudFormation::Stack, Properties: {}}", "a nested stack is read from a local file only"),
        ("{Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET}}", "WebSocket APIs are not served"),
        ("{Type: AWS::Brand::New}", "no Brand in the stack"),
        (
            "{Type: AWS::Serverless::StateMachine, Properties: {Events: "
            "{Start: {Type: Api, Properties: {Path: /start, Method: post}}}}}",
            "no Step Functions in the stack; its route POST /start is left out",
        ),
    ],
)
def test_other_types(read: Read, resource: str, text: str) -> None:
    (notice,) = read(f"R: {resource}").notices
    assert notice.text.startswith(text)


def test_a_websocket_api_names_the_functions_behind_it(read: Read) -> None:
    expansion = read(
        """
        F: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.12, Handler: a.b}}
        Chat: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET}}
        Connect:
          Type: AWS::ApiGatewayV2::Integration
          Properties: {ApiId: !Ref Chat, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt F.Arn}
        """
    )
    assert told(expansion) == [
        "Chat (AWS::ApiGatewayV2::Api): WebSocket APIs are not served; F is never triggered by it"
    ]


def test_a_serverless_type_that_there_is_not(problems: Problems) -> None:
    (sentence,) = problems("R: {Type: AWS::Serverless::Functon, Properties: {}}")
    assert sentence.endswith("R: there is no type AWS::Serverless::Functon; did you mean AWS::Serverless::Function?")


def test_rules_and_subscriptions_name_their_functions(read: Read) -> None:
    expansion = read(
        """
        F: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.12, Handler: a.b}}
        Rule:
          Type: AWS::Events::Rule
          Properties:
            EventBusName: theirs
            EventPattern: {source: [shop]}
            Targets: [{Id: f, Arn: !GetAtt F.Arn}]
        Subscription:
          Type: AWS::SNS::Subscription
          Properties: {Protocol: lambda, TopicArn: t, Endpoint: !GetAtt F.Arn}
        Mapping:
          Type: AWS::Lambda::EventSourceMapping
          Properties: {FunctionName: !Ref F, EventSourceArn: "arn:aws:kinesis:us-east-1:1:stream/s"}
        """
    )
    assert told(expansion) == [
        "Rule (AWS::Events::Rule): theirs is not a bus of this template; F is never triggered by it",
        "Subscription (AWS::SNS::Subscription): t is not a topic of this template; F is never triggered by it",
        "Mapping (AWS::Lambda::EventSourceMapping): nothing polls Kinesis streams; F is never triggered by it",
    ]
