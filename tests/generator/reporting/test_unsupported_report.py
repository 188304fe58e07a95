"""`esb validate --report`: a line for each unsupported resource, and what it means for the application."""

from __future__ import annotations

from pathlib import Path

from tests.generator.conftest import Esb

UNSUPPORTED = (Path(__file__).parents[1] / "cases/unsupported/warnings/template.yaml").read_text()


def test_a_stream_that_is_used_in_two_ways_and_read_is_one_line(project: Path, esb: Esb) -> None:
    (project / "template.yaml").write_text(UNSUPPORTED)
    result = esb("validate", "--report")

    assert (result.code, result.err) == (0, "")
    stream = [line for line in result.out.splitlines() if "OrdersStream" in line]
    assert stream == [
        "  OrdersStream (AWS::Kinesis::Stream, line 28): no Kinesis in the stack; "
        "OrdersFunction is never triggered by it; calls to it from OrdersFunction fail; "
        "OrdersFunction has a placeholder in STREAM_ARN, STREAM_NAME"
    ]
    assert "  Steps (AWS::Serverless::StateMachine, line 43): no Step Functions in the stack; its route" in result.out


def test_a_value_of_another_stack_and_a_part_in_another_file(project: Path, esb: Esb) -> None:
    (project / "template.yaml").write_text(
        """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Fn::Transform: {Name: AWS::Include, Parameters: {Location: parts.yaml}}
  OrdersFunction:
    Type: AWS::Serverless::Function
    Properties:
      {CodeUri: src, Handler: app.handler, Runtime: python3.12, Environment: {Variables: {A: !ImportValue vpc-id}}}
"""
    )
    (project / "parts.yaml").write_text("Alerts: {Type: AWS::AmazonMQ::Broker}\n")

    assert esb("validate", "--report").out.splitlines()[-2:] == [
        "  Alerts (AWS::AmazonMQ::Broker, parts.yaml, line 1): no Amazon MQ in the stack",
        "  import:vpc-id (line 7): known only after a deploy; OrdersFunction has a placeholder in A",
    ]


def test_a_variable_is_named_and_not_the_part_of_it_that_is_a_placeholder(project: Path, esb: Esb) -> None:
    (project / "template.yaml").write_text(
        """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Balancer: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer}
  OrdersFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: python3.12
      Environment: {Variables: {A: !Join ["", [x, !GetAtt Balancer.DNSName, !Ref Balancer]]}}
"""
    )
    assert esb("validate", "--report").out.splitlines()[-1] == (
        "  Balancer (AWS::ElasticLoadBalancingV2::LoadBalancer, line 3): no load balancer in the stack; "
        "OrdersFunction has a placeholder in A"
    )


def test_nothing_is_left_out(esb: Esb) -> None:
    assert esb("validate", "--report").out.endswith("\neverything is supported\n")


def test_what_a_build_warns_of_besides_is_said_too(project: Path, esb: Esb) -> None:
    (project / "template.yaml").write_text(
        """\
Resources:
  Files:
    Type: AWS::S3::Bucket
    Properties: {PublicAccessBlockConfiguration: {BlockPublicAcls: true}}
  Orders: {Type: AWS::SQS::Queue}
  Orders: {Type: AWS::SQS::Queue}
"""
    )
    for command in (("validate", "--report"), ("init",)):
        twice, lacking = esb(*command).err.splitlines()
        assert "template.yaml:6:3: warning: duplicate key Orders" in twice
        assert "Files (bucket): seaweedfs has no public access blocks" in lacking


def test_the_report_for_scripts(project: Path, esb: Esb) -> None:
    (project / "template.yaml").write_text(UNSUPPORTED)
    found = {entry["logical_id"]: entry for entry in esb("validate", "--json").document["unsupported"]}

    stream = found["OrdersStream"]
    assert (stream["type"], stream["file"], stream["line"]) == ("AWS::Kinesis::Stream", "template.yaml", 28)
    assert stream["meaning"] == [
        "no Kinesis in the stack; OrdersFunction is never triggered by it; calls to it from OrdersFunction fail"
    ]
    assert stream["placeholders"][1] == {
        "reference": "OrdersStream",
        "value": "shop-OrdersStream",
        "used_in": ["Resources.OrdersFunction.Properties.Environment.Variables.STREAM_NAME"],
    }
