"""Whatever a template holds, it ends in resources or in sentences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from esb_generator.cloudformation.intrinsics import resolve
from esb_generator.cloudformation.parameters.declared_parameters import values_of
from esb_generator.cloudformation.reading.yaml_reader import read_text
from esb_generator.cloudformation.resolving.functions import FUNCTIONS, TESTS
from esb_generator.errors import Problem, TemplateError
from esb_generator.values import Map
from tests.generator.contexts import context

EXAMPLES = Path(__file__).parents[4] / "examples"
NAMES = st.sampled_from(
    ["A", "B", "Fn", "Stage", "C", "AWS::Region", "AWS::NoValue", "Arn", "a", "0", "", "${A}", "${"]
)
FUNCTION_NAMES = st.sampled_from([*FUNCTIONS, *TESTS, "Fn::ForEach::L", "Fn::Nope", "Fn::GetAtt", "Name", "Parameters"])
SCALARS = st.one_of(
    NAMES, st.integers(-2, 300), st.booleans(), st.none(), st.floats(allow_nan=False), st.text(max_size=5)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(FUNCTION_NAMES, inner, min_size=1, max_size=1),
        st.dictionaries(st.one_of(NAMES, FUNCTION_NAMES), inner, max_size=3),
    ),
    max_leaves=12,
)
TYPES = st.sampled_from(
    [
        "AWS::Serverless::Function",
        "AWS::Serverless::Api",
        "AWS::DynamoDB::Table",
        "AWS::S3::Bucket",
        "AWS::SQS::Queue",
        "X",
    ]
)
RESOURCES = st.fixed_dictionaries(
    {"Type": TYPES},
    optional={
        "Properties": st.one_of(
            VALUES,
            st.dictionaries(
                st.sampled_from(
                    ["BucketName", "TableName", "QueueName", "Events", "AutoPublishAlias", "StageName", "X"]
                ),
                VALUES,
                max_size=3,
            ),
        ),
        "Condition": VALUES,
        "IgnoreGlobals": VALUES,
    },
)
SECTIONS: dict[Any, st.SearchStrategy[Any]] = {
    "Parameters": st.dictionaries(NAMES, st.one_of(VALUES, st.just({"Type": "String", "Default": "x"})), max_size=3),
    "Mappings": VALUES,
    "Conditions": st.dictionaries(NAMES, VALUES, max_size=3),
    "Globals": st.one_of(VALUES, st.fixed_dictionaries({"Function": st.dictionaries(st.just("Tags"), VALUES)})),
    "Outputs": st.dictionaries(NAMES, st.one_of(VALUES, st.fixed_dictionaries({"Value": VALUES})), max_size=2),
}
TEMPLATES = st.fixed_dictionaries(
    {
        "Transform": st.just(["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"]),
        "Resources": st.dictionaries(
            st.sampled_from(["A", "B", "Fn", "Fn::ForEach::L", "Fn::Transform", "Fn::If"]), RESOURCES | VALUES
        ),
    },
    optional=SECTIONS,
)


def resolve_or_refuse(content: bytes) -> None:
    """The whole front end; a problem without a place or a sentence is a failure."""
    problems: tuple[Problem, ...] = ()
    try:
        template = read_text(content, "t.yaml")
        if isinstance(template, Map):
            parameters = values_of(template, {})
            resolve(template, context("fuzz", parameters=parameters.values))
    except TemplateError as error:
        problems = error.problems
    assert all(problem.mark.line > 0 and problem.mark.column > 0 and problem.text for problem in problems)


@settings(max_examples=300, deadline=None)
@given(TEMPLATES)
def test_any_structure(template: Any) -> None:
    resolve_or_refuse(json.dumps(template).encode())


def sources() -> list[bytes]:
    """Templates to damage."""
    own = Path(__file__).with_name("template.yaml").read_bytes()
    return [own, *(path.read_bytes() for path in sorted(EXAMPLES.glob("*/template.yaml")))]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_damage(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(sources())))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = min(len(content), start + data.draw(st.integers(0, 30)))
        content[start:end] = data.draw(
            st.one_of(st.binary(max_size=8), st.sampled_from([b"\t", b"&a ", b"*a", b"{", b"!Sub "]))
        )
    resolve_or_refuse(bytes(content))


DEEP = {
    "conditions": "Conditions: {A: %s !Equals [a, a] %s}\nResources: {R: {Type: X, Condition: A}}",
    "values": "Conditions: {A: !Equals [a, a]}\nResources: {R: {Type: X, Properties: {P: %s 1 %s}}}",
}


@pytest.mark.parametrize(
    ("template", "opening", "closing"),
    [
        ("conditions", "!Not [", "]"),
        ("conditions", "!And [!Equals [a, a], ", "]"),
        ("values", "!If [A, ", ", 2]"),
        ("values", "!Join [',', [", "]]"),
        ("values", "!Sub ['${A}', {A: ", "}]"),
        ("values", "!Base64 {'Fn::Sub': ['${A}', {A: ", "}]}"),
    ],
)
def test_any_depth(template: str, opening: str, closing: str) -> None:
    for levels in (20, 30, 45, 90, 95, 200):
        resolve_or_refuse((DEEP[template] % (opening * levels, closing * levels)).encode())


@pytest.mark.parametrize("unit", ["[", "{a: ", "- ", "!If [C, ", "? ", "&a [*a, ", "|\n", "'", "%"])
def test_any_repetition(unit: str) -> None:
    resolve_or_refuse(("a: " + unit * 20_000).encode())
