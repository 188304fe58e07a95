"""What Ref and GetAtt give, physical names, and placeholders."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from esb_generator.cloudformation.resolved import Resolved
from esb_generator.cloudformation.resource_values.resource_types import Fields, StackIdentity, placeholder_id
from esb_generator.services import REGISTRY

Value = Callable[..., Any]
Resolve = Callable[..., Resolved]
Problems = Callable[[Callable[[], object]], list[str]]
ARN = "arn:aws:lambda:us-east-1:123456789012"


@pytest.mark.parametrize(
    ("expression", "meant"),
    [
        ("!Ref Orders", "orders"),
        ("!GetAtt Orders.Arn", "arn:aws:dynamodb:us-east-1:123456789012:table/orders"),
        ("!Ref Items", "Items"),
        ("!GetAtt Items.Arn", "arn:aws:dynamodb:us-east-1:123456789012:table/Items"),
        ("!Ref Files", "shop-files"),
        ("!GetAtt Files.Arn", "arn:aws:s3:::shop-files"),
        ("!GetAtt Files.RegionalDomainName", "shop-files.s3.us-east-1.amazonaws.com"),
        ("!Ref Fn.Alias", f"{ARN}:function:Fn:live"),
        ("!Ref FnAliaslive", f"{ARN}:function:Fn:live"),
        ("!Ref Fn.Version", f"{ARN}:function:Fn:1"),
        ("!Sub '${Fn.Alias}'", f"{ARN}:function:Fn:live"),
        ("!GetAtt Fn.Arn", f"{ARN}:function:Fn"),
        ("!GetAtt FnRole.Arn", "arn:aws:iam::123456789012:role/shop-FnRole"),
        ("!Ref Queue", "http://cloud:4566/123456789012/shop-Queue"),
        ("!GetAtt Queue.Arn", "arn:aws:sqs:us-east-1:123456789012:shop-Queue"),
    ],
)
def test_a_reference_gives(value: Value, expression: str, meant: str) -> None:
    assert value(expression) == meant


APIS = """\
Resources:
  Rest: {Type: AWS::Serverless::Api, Properties: {StageName: v1}}
  Http: {Type: AWS::Serverless::HttpApi}
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {LayerName: libs}}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Layers: [!Ref Layer]
      Environment:
        Variables: {A: !Ref Rest.Stage, B: !Ref Restv1Stage, C: !Ref HttpApiGatewayDefaultStage, D: !Ref Impl}
      Events:
        One: {Type: Api, Properties: {Path: /a, Method: get}}
        Two: {Type: HttpApi}
        Tick: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
  Impl: {Type: AWS::SSM::Parameter, Properties: {Name: !Ref ServerlessRestApi, Value: !Ref FnTick, Type: String}}
Outputs:
  Url: {Value: !Sub 'https://${ServerlessHttpApi}.execute-api.${AWS::Region}.amazonaws.com'}
  Stage: {Value: !Ref ServerlessRestApiProdStage}
"""


def test_apis_stages_and_layers(resolved: Resolve) -> None:
    result: Any = resolved(APIS)
    properties = result.resources["Fn"]["Properties"]
    variables = properties["Environment"]["Variables"]

    assert (variables["A"], variables["B"], variables["C"]) == ("v1", "v1", "$default")
    assert result.outputs["Url"]["Value"] == "https://ServerlessHttpApi.execute-api.us-east-1.amazonaws.com"
    assert result.outputs["Stage"]["Value"] == "Prod"
    assert properties["Layers"] == [f"{ARN}:layer:libs:1"]


def test_an_api_is_called_as_in_its_events(resolved: Resolve) -> None:
    inner = """\
    Resources: {Api: {Type: AWS::ApiGatewayV2::Api}}
    Outputs: {Id: {Value: !GetAtt Api.ApiId}, Arn: {Value: !Sub "arn:aws:execute-api:${AWS::Region}:1:${Api}/*"}}
    """
    outer = """\
    Resources:
      Rest: {Type: AWS::ApiGateway::RestApi}
      Inner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: inner.yaml}}
    Outputs: {Id: {Value: !Ref Rest}, In: {Value: !GetAtt Inner.Outputs.Id}, Arn: {Value: !GetAtt Inner.Outputs.Arn}}
    """
    outputs: Any = resolved(outer, files={"inner.yaml": inner}).outputs

    assert [outputs[name]["Value"] for name in ("Id", "In")] == ["Rest", "InnerApi"]
    assert outputs["Arn"]["Value"] == "arn:aws:execute-api:us-east-1:1:InnerApi/*"


def test_a_reference_gives_the_physical_name(resolved: Resolve) -> None:
    text = """\
    Resources:
      Fn: {Type: AWS::Serverless::Function}
      Named: {Type: AWS::Serverless::Function, Properties: {FunctionName: !Sub '${AWS::StackName}-fn'}}
      Table: {Type: AWS::DynamoDB::Table}
      UploadsBucket: {Type: AWS::S3::Bucket}
      %s: {Type: AWS::S3::Bucket}
    """
    long = "Bucket" + "X" * 80
    result = resolved(text % long)

    assert [result.names[key] for key in ("Fn", "Named", "Table", "UploadsBucket")] == [
        "Fn", "shop-fn", "Table", "shop-uploadsbucket",
    ]  # fmt: skip
    assert len(result.names[long]) == 63


PLACEHOLDERS = """\
Resources:
  Stream: {Type: AWS::Kinesis::Stream}
  Named: {Type: AWS::Kinesis::Stream, Properties: {Name: known}}
  Custom: {Type: Custom::Thing}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Policies: [{KinesisCrudPolicy: {StreamName: !Ref Stream}}]
      Environment:
        Variables:
          NAME: !Ref Stream
          SAME: !Sub 'stream=${Stream}'
          KNOWN: !Ref Named
          PART: !Select [3, !Split ['/', !GetAtt Custom.Thing]]
          IMPORTED: !ImportValue vpc
  Table: {Type: AWS::DynamoDB::Table, Properties: {Tags: [{Key: q, Value: !Ref Stream}]}}
Outputs: {O: {Value: !GetAtt Stream.Arn}}
"""


def test_placeholders_are_listed_where_they_have_an_effect(resolved: Resolve) -> None:
    result = resolved(PLACEHOLDERS)

    assert [(item.reference, item.mark.line) for item in result.placeholders] == [
        ("Stream", 2), ("Custom.Thing", 4), ("import:vpc", 15),
    ]  # fmt: skip
    stream = result.placeholders[0]
    assert stream.value == "shop-Stream"
    assert [(use.path.rsplit(".", 1)[1], use.mark.line) for use in stream.uses] == [("NAME", 11), ("SAME", 12)]
    assert resolved(PLACEHOLDERS).placeholders == result.placeholders


@pytest.mark.parametrize(
    ("resource", "sentence"),
    [
        ("{Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Key}}", "BucketName of R depends on Key"),
        ("{Type: AWS::DynamoDB::Table, Properties: {TableName: !GetAtt Key.Arn}}", "TableName of R depends on Key.Arn"),
        (
            "{Type: AWS::DynamoDB::Table, Properties: {KeySchema: [{AttributeName: !Ref Key, KeyType: HASH}]}}",
            "KeySchema of R depends on Key",
        ),
    ],
)
def test_a_name_or_key_cannot_be_a_placeholder(
    resolved: Resolve, problems: Problems, resource: str, sentence: str
) -> None:
    found = problems(lambda: resolved(f"Resources:\n  Key: {{Type: AWS::KMS::Key}}\n  R: {resource}\n"))
    assert found[0].split(" ", 1)[1].startswith(f"{sentence}, which only a deploy would know")


@pytest.mark.parametrize(
    ("region", "partition", "suffix"),
    [("cn-north-1", "aws-cn", "amazonaws.com.cn"), ("us-gov-west-1", "aws-us-gov", "amazonaws.com")],
)
def test_other_partitions(value: Value, region: str, partition: str, suffix: str) -> None:
    assert value("!Ref AWS::URLSuffix", region=region) == suffix
    assert value("!GetAtt Fn.Arn", region=region) == f"arn:{partition}:lambda:{region}:123456789012:function:Fn"


@pytest.mark.parametrize("resource_type", REGISTRY.types(""))
def test_every_format_of_the_table_can_be_filled(resource_type: str) -> None:
    row = REGISTRY.type(resource_type)
    fields = Fields(StackIdentity("shop", "us-east-1", "123456789012"), "Thing", "thing", lambda name: name.lower())
    for form in (row.ref, *row.attributes.values()):
        for text in (form,) if isinstance(form, str) else form:
            filled = text.format_map(fields)
            assert filled
            assert "{" not in filled


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [("hex17", r"[0-9a-f]{17}"), ("id10", r"[a-z0-9]{10}"), ("ID14", r"[A-Z0-9]{14}"), ("id40", r"[a-z0-9]{40}")],
)
def test_placeholder_ids_have_their_shape_and_stay(kind: str, pattern: str) -> None:
    assert re.fullmatch(pattern, placeholder_id(kind, "x"))
    assert placeholder_id(kind, "x") == placeholder_id(kind, "x") != placeholder_id(kind, "y")


def test_a_deployment_preference_makes_resources_that_a_template_may_name(resolved: Resolve) -> None:
    result: Any = resolved("""\
    Resources:
      Fn: {Type: AWS::Serverless::Function, Properties: {AutoPublishAlias: live, DeploymentPreference: {Type: Linear}}}
    Outputs:
      Application: {Value: !Ref ServerlessDeploymentApplication}
      Group: {Value: !Ref FnDeploymentGroup}
      Role: {Value: !GetAtt CodeDeployServiceRole.Arn}
    """)

    assert result.outputs.keys() == {"Application", "Group", "Role"}
