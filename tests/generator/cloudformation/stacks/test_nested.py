"""Nested stacks of local templates: what is passed in and out, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from esb_generator.cloudformation.resolved import Resolved
from tests.generator.cloudformation.conftest import properties

Resolve = Callable[..., Resolved]
Problems = Callable[[Callable[[], object]], list[str]]

INNER = """\
Parameters: {Name: {Type: String}}
Resources:
  Rows: {Type: AWS::Serverless::SimpleTable, Properties: {TableName: !Ref Name}}
  Fn: {Type: AWS::Serverless::Function, Properties: {Environment: {Variables: {N: !Ref Name}}}}
Outputs: {Name: {Value: !Ref Rows}, Queue: {Value: !Ref Name}}
"""


FUNCTION = "{Type: AWS::Serverless::Function, Properties: {Environment: {Variables: {N: %s}}}}"


def outer(stack: str, rest: str = "") -> str:
    return f"Resources:\n  Inner: {{Type: AWS::CloudFormation::Stack, Properties: {stack}}}\n{rest}"


def test_parameters_go_in_and_outputs_come_out(resolved: Resolve) -> None:
    reader = f"  Fn: {FUNCTION % '!GetAtt Inner.Outputs.Name'}\n"
    template = outer("{TemplateURL: inner.yaml, Parameters: {Name: !Sub 'rows-${AWS::Region}'}}", reader)
    result = resolved(template, files={"inner.yaml": INNER})

    assert list(result.resources) == ["InnerRows", "InnerFn", "Fn"]
    assert result.names == {"InnerRows": "rows-us-east-1", "InnerFn": "Inner-Fn", "Fn": "Fn"}
    assert properties(result, "Fn")["Environment"]["Variables"]["N"] == "rows-us-east-1"


def test_code_lies_beside_the_template_that_names_it(resolved: Resolve) -> None:
    inner = """\
    Resources:
      Given: {Type: AWS::Serverless::Function, Properties: {CodeUri: src}}
      Default: {Type: AWS::Serverless::Function}
      Image: {Type: AWS::Serverless::Function, Metadata: {DockerContext: ./app}, Properties: {PackageType: Image}}
      Inline: {Type: AWS::Serverless::Function, Properties: {InlineCode: x}}
      Elsewhere: {Type: AWS::Lambda::Function, Properties: {Code: 's3://bucket/key'}}
      Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer}}
    """
    result = resolved(outer("{TemplateURL: parts/inner.yaml}"), files={"parts/inner.yaml": inner})

    assert properties(result, "InnerGiven")["CodeUri"] == "parts/src"
    assert properties(result, "InnerDefault")["CodeUri"] == "parts/"
    assert result.resources["InnerImage"]["Metadata"] == {"DockerContext": "parts/./app"}
    assert "CodeUri" not in properties(result, "InnerInline")
    assert properties(result, "InnerElsewhere")["Code"] == "s3://bucket/key"
    assert properties(result, "InnerLayer")["ContentUri"] == "parts/layer"


def test_a_placeholder_is_followed_into_the_nested_stack_and_out_of_it(resolved: Resolve, problems: Problems) -> None:
    rest = f"  Fn: {FUNCTION % '!GetAtt Inner.Outputs.Queue'}\n  Queue: {{Type: AWS::Kinesis::Stream}}\n"
    template = outer("{TemplateURL: inner.yaml, Parameters: {Name: !Ref Queue}}", rest)
    with_literal_table = INNER.replace("!Ref Name}}\n", "rows}}\n", 1)
    result = resolved(template, files={"inner.yaml": with_literal_table})
    uses = {use.path for placeholder in result.placeholders for use in placeholder.uses}
    assert uses == {
        "Resources.Inner.Properties.Parameters.Name",
        "Resources.InnerFn.Properties.Environment.Variables.N",
        "Resources.Fn.Properties.Environment.Variables.N",
    }
    assert {placeholder.reference for placeholder in result.placeholders} == {"Queue"}

    assert problems(lambda: resolved(template, files={"inner.yaml": INNER})) == [
        "inner.yaml:3:70: TableName of Rows depends on Queue, which only a deploy would know; "
        "write it out, or make it a parameter"
    ]


@pytest.mark.parametrize(
    ("stack", "sentence"),
    [
        (
            "{TemplateURL: inner.yaml}",
            "inner.yaml:1:14: this parameter has no value: Name (line 1); "
            "give one under Parameters of Inner (t.yaml:2)",
        ),
        (
            "{TemplateURL: inner.yaml, Parameters: {Name: a, Nmae: b}}",
            "inner.yaml:1:1: the template has no parameter Nmae; did you mean Name?",
        ),
        (
            "{TemplateURL: inner.yaml, Parameters: {Name: {a: b}}}",
            "t.yaml:2:102: the parameter Name must be text or a list of texts",
        ),
        ("{TemplateURL: self.yaml}", "self.yaml:2:71: self.yaml is nested more than 10 stacks deep"),
        (
            "{TemplateURL: clash.yaml}",
            "clash.yaml:1:13: Fn of the nested stack Inner would be called InnerFn, which is there already; "
            "give it another logical id",
        ),
    ],
)
def test_a_nested_stack_that_is_wrong(resolved: Resolve, problems: Problems, stack: str, sentence: str) -> None:
    files = {
        "inner.yaml": INNER,
        "self.yaml": outer("{TemplateURL: self.yaml}"),
        "clash.yaml": "Resources: {Fn: {Type: AWS::SNS::Topic}}",
    }
    rest = "  InnerFn: {Type: AWS::SNS::Topic}\n"
    assert problems(lambda: resolved(outer(stack, rest), files=files)) == [sentence]


def test_outputs_that_are_not_there_and_stacks_that_wait_for_each_other(resolved: Resolve, problems: Problems) -> None:
    files = {"inner.yaml": INNER}
    topic = "  T: {Type: AWS::SNS::Topic, Properties: {TopicName: !GetAtt Inner.Outputs.Nam}}\n"
    template = outer("{TemplateURL: inner.yaml, Parameters: {Name: a}}", topic)
    assert problems(lambda: resolved(template, files=files)) == [
        "t.yaml:3:54: the nested stack Inner has no output Nam; did you mean Name?"
    ]

    stack = "{TemplateURL: inner.yaml, Parameters: {Name: !GetAtt %s.Outputs.Name}}"
    other = f"  Other: {{Type: AWS::CloudFormation::Stack, Properties: {stack % 'Inner'}}}\n"
    (sentence, *_) = problems(lambda: resolved(outer(stack % "Other", other), files=files))
    circle = "the nested stack Inner → the nested stack Other → the nested stack Inner"
    assert sentence.endswith(f"circular reference: {circle}")
