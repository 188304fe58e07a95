"""Exports and SSM parameters that one template of a build has and another one reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import dedent
from typing import Any

import pytest

from esb_generator.cloudformation.intrinsics import resolve
from esb_generator.cloudformation.parameters.declared_parameters import values_of
from esb_generator.cloudformation.parameters.local_values import LocalValues
from esb_generator.cloudformation.reading.yaml_reader import read_text
from esb_generator.cloudformation.resolved import Resolved
from esb_generator.cloudformation.stacks.merge import TemplatePart
from esb_generator.values import Map, Mark, Value
from tests.generator.contexts import context

Problems = Callable[[Callable[[], object]], list[str]]
QUEUE_URL = "http://cloud:4566/123456789012/shop-Jobs"


def document(text: str, file: str) -> Map:
    found = read_text(dedent(text).encode(), file)
    assert isinstance(found, Map)
    return found


def built(*texts: str, ssm: Mapping[str, str] | None = None, files: Mapping[str, str] | None = None) -> Resolved:
    """Several templates as one build; `files` are nested templates."""

    def read(location: str, _: Mark) -> Value:
        return document((files or {})[location], location)

    first, *others = [document(text, f"{index}.yaml") for index, text in enumerate(texts)]
    local_values = LocalValues(ssm or {})
    given = values_of(first, {}, local_values=local_values)
    return resolve(
        first,
        context(local_values=local_values, parameters=given.values, stored=given.stored, read=read),
        [TemplatePart(other) for other in others],
    )


def variable(result: Resolved, logical_id: str = "Fn") -> Any:
    properties: Any = result.resources[logical_id]["Properties"]
    return properties["Environment"]["Variables"]["V"]


def function(value: str) -> str:
    return f"Fn: {{Type: AWS::Lambda::Function, Properties: {{Environment: {{Variables: {{V: {value}}}}}}}}}"


EXPORTING = """
    Resources: {Jobs: {Type: AWS::SQS::Queue}}
    Outputs: {Url: {Value: !Ref Jobs, Export: {Name: !Sub "${AWS::StackName}-jobs"}}}
"""
STORING = """
    Resources:
      Jobs: {Type: AWS::SQS::Queue}
      Stored: {Type: AWS::SSM::Parameter, Properties: {Name: /shop/jobs, Type: String, Value: !Ref Jobs}}
"""


def test_an_export_of_another_template_is_the_value_itself() -> None:
    result = built(f"Resources: {{{function('!ImportValue shop-jobs')}}}", EXPORTING)

    assert variable(result) == QUEUE_URL
    assert result.placeholders == ()


def test_an_export_that_no_template_has_stays_a_placeholder() -> None:
    result = built(f"Resources: {{{function('!ImportValue other-jobs')}}}", EXPORTING)

    assert [each.reference for each in result.placeholders] == ["import:other-jobs"]


def test_an_export_whose_condition_is_false_is_none() -> None:
    exporting = EXPORTING.replace("Value: !Ref Jobs", "Condition: Never, Value: !Ref Jobs")
    exporting += "    Conditions: {Never: !Equals [a, b]}\n"

    result = built(f"Resources: {{{function('!ImportValue shop-jobs')}}}", exporting)

    assert [each.reference for each in result.placeholders] == ["import:shop-jobs"]


def test_nested_stacks_see_each_others_exports() -> None:
    result = built(
        """
        Resources:
          Reader: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: reader.yaml}}
          Owner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: owner.yaml}}
        """,
        files={
            "reader.yaml": f"Resources: {{{function('!ImportValue shop-Owner-jobs')}}}",
            "owner.yaml": EXPORTING,
        },
    )

    assert variable(result, "ReaderFn") == "http://cloud:4566/123456789012/shop-Owner-Jobs"


def test_what_an_export_depends_on_is_reported_where_it_is_imported() -> None:
    exporting = """
        Resources: {Stream: {Type: AWS::Kinesis::Stream}}
        Outputs: {Arn: {Value: !GetAtt Stream.Arn, Export: {Name: stream}}}
    """

    result = built(
        f"""
        Resources:
          {function("!ImportValue stream")}
          Owner: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: owner.yaml}}}}
        """,
        files={"owner.yaml": exporting},
    )

    (found,) = result.placeholders
    assert found.reference == "OwnerStream.Arn"
    assert [use.path for use in found.uses] == ["Resources.Fn.Properties.Environment.Variables.V"]


def test_exports_that_import_each_other_are_an_error(problems: Problems) -> None:
    circle = """
        Resources: {Jobs: {Type: AWS::SQS::Queue}}
        Outputs:
          A: {Value: !ImportValue b, Export: {Name: a}}
          B: {Value: !ImportValue a, Export: {Name: b}}
    """

    found = problems(lambda: built(circle))

    assert "circular reference: the output" in found[0]


def test_two_templates_may_have_outputs_of_the_same_name() -> None:
    other = EXPORTING.replace("Jobs", "Other").replace("-jobs", "-other")

    result = built(f"Resources: {{{function('!ImportValue shop-other')}}}", EXPORTING, other)

    assert variable(result).endswith("/shop-Other")


def test_the_output_of_a_stack_is_its_value() -> None:
    read = "{Fn::GetStackOutput: {StackName: shop, OutputName: Url}}"

    assert variable(built(f"Resources: {{{function(read)}}}", EXPORTING)) == QUEUE_URL


@pytest.mark.parametrize("reference", ["{{resolve:ssm:/shop/jobs}}", "{{resolve:ssm:/shop/jobs:1}}"])
def test_a_dynamic_reference_reads_a_parameter_of_the_build(reference: str) -> None:
    assert variable(built(f"Resources: {{{function(repr(reference))}}}", STORING)) == QUEUE_URL


def test_a_parameter_of_the_build_gives_a_parameter_its_value() -> None:
    result = built(
        "Parameters: {Jobs: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /shop/jobs}}\n"
        f"Resources: {{{function('!Ref Jobs').replace('Fn:', 'Worker:')}}}",
        STORING.replace("Jobs", "Queue"),
    )

    assert variable(result, "Worker").endswith("/shop-Queue")


def test_a_list_of_a_parameter_of_the_build_is_a_list() -> None:
    result = built(
        "Parameters: {Hosts: {Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: /hosts}}\n"
        f"Resources: {{{function('!Select [1, !Ref Hosts]')}}}",
        "Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Name: /hosts, Type: StringList, Value: 'a, b'}}}",
    )

    assert variable(result) == "b"


def test_a_local_value_wins_over_a_parameter_of_the_build() -> None:
    reading = f"Resources: {{{function(repr('{{resolve:ssm:/shop/jobs}}'))}}}"

    assert variable(built(reading, STORING, ssm={"/shop/jobs": "mine"})) == "mine"


def test_a_condition_may_depend_on_a_parameter_of_the_build() -> None:
    result = built(
        "Parameters: {Jobs: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /shop/jobs}}\n"
        "Conditions: {Here: !Not [!Equals [!Ref Jobs, '']]}\n"
        "Resources: {Q: {Type: AWS::SQS::Queue, Condition: Here}}",
        STORING.replace("Jobs", "Queue"),
    )

    assert "Q" in result.resources


def test_an_ssm_parameter_that_nothing_has_is_an_error_where_it_is_used(problems: Problems) -> None:
    text = (
        "Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /no}}\n"
        f"Resources: {{{function('!Ref P')}}}"
    )

    assert problems(lambda: built(text)) == [
        "0.yaml:1:71: P is the SSM parameter /no, which has no local value; add ssm: {/no: …} to esb.secrets.yml, "
        "or a -t for the template that creates it"
    ]
