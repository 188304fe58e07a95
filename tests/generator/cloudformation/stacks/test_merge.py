"""Templates side by side, as one stack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esb_generator.cloudformation.intrinsics import resolve
from esb_generator.cloudformation.reading.yaml_reader import read_text
from esb_generator.cloudformation.stacks.merge import TemplatePart, merge_templates
from esb_generator.errors import TemplateError
from tests.generator.cloudformation.conftest import properties
from tests.generator.contexts import context

Problems = Callable[[Callable[[], object]], list[str]]


def template(name: str, text: str) -> Any:
    return read_text(text.encode(), name)


def test_each_has_its_own_globals_and_folder_and_they_refer_to_each_other() -> None:
    one = template(
        "one.yaml",
        "Globals: {Function: {Timeout: 5}}\n"
        "Resources: {A: {Type: AWS::Serverless::Function, Properties: {CodeUri: src}}}",
    )
    two = template(
        "more/two.yaml",
        "Globals: {Function: {Timeout: 9, CodeUri: code}}\n"
        "Resources: {B: {Type: AWS::Serverless::Function, Properties: {Description: !GetAtt A.Arn}}}",
    )
    result = resolve(one, context(), [TemplatePart(two, "more")])

    assert properties(result, "A") == {"Timeout": 5, "CodeUri": "src"}
    assert properties(result, "B")["Timeout"] == 9
    assert properties(result, "B")["CodeUri"] == "more/code"
    assert properties(result, "B")["Description"].endswith(":function:A")


def test_what_both_say_alike_is_said_once_and_the_rest_is_a_clash(problems: Problems) -> None:
    one = template("one.yaml", "Parameters: {A: {Type: String}, B: {Type: String}}\nResources: {R: {Type: T}}")
    two = template("two.yaml", "Parameters: {A: {Type: String}, B: {Type: Number}}\nResources: {R: {Type: T}}")
    assert problems(lambda: merge_templates([one, two])) == [
        "two.yaml:1:33: B is already in Parameters at one.yaml:1:33, and says something else there; "
        "give one of them another name",
        "two.yaml:2:13: R is already in Resources at one.yaml:2:13; give one of them another name",
    ]


def test_loops_are_written_out_in_each_and_then_compared() -> None:
    loop = (
        "Transform: AWS::LanguageExtensions\n"
        "Resources: {'Fn::ForEach::L': [N, [a, %s], {'R${N}': {Type: AWS::SNS::Topic}}]}"
    )
    one, two = template("one.yaml", loop % "b"), template("two.yaml", loop % "c")
    with pytest.raises(TemplateError, match="Ra is already in Resources at one"):
        resolve(one, context(), [TemplatePart(two)])


def test_the_settings_of_an_implicit_api_that_only_one_template_uses_are_its_own() -> None:
    events = "Events: {E: {Type: Api, Properties: {Path: /, Method: get%s}}}"
    text = (
        "Globals: {Api: {Cors: \"'%s'\"}}\n"
        "Resources: {%s: {Type: AWS::Serverless::Function, Properties: {%s}}, %s: {Type: AWS::Serverless::Api}}"
    )
    one = template("one.yaml", text % ("a", "A", events % "", "AnApi"))
    two = template("two.yaml", text % ("b", "B", events % ", RestApiId: !Ref Own", "Own"))

    assert properties(resolve(one, context(), [TemplatePart(two)]), "ServerlessRestApi")["Cors"] == "'a'"


def test_two_templates_with_other_settings_of_the_implicit_api_say_what_to_do(problems: Problems) -> None:
    text = (
        "Globals: {HttpApi: {CorsConfiguration: %s}}\n"
        "Resources: {%s: {Type: AWS::Serverless::Function, Properties: {Events: {E: {Type: HttpApi}}}}}"
    )
    one, two = template("one.yaml", text % ("true", "A")), template("two.yaml", text % ("false", "B"))

    assert problems(lambda: resolve(one, context(), [TemplatePart(two)])) == [
        "two.yaml:1:11: the settings of the implicit API ServerlessHttpApi differ from those at one.yaml:1:11; make "
        "the Globals of both templates equal, or give one of them an API of its own that its events name"
    ]
