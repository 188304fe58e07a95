"""Globals, as "Globals section of the AWS SAM template" has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esb_generator.sam.globals import merge_globals

Read = Callable[[str], Any]
Problems = Callable[[Callable[[], object]], list[str]]

TEMPLATE = """\
Globals:
  Function:
    Runtime: python3.12
    Architectures: [x86_64]
    Layers: [one]
    Environment: {Variables: {A: global, B: global}}
    Tags: !If [C, {a: b}, {}]
    VpcConfig: {SubnetIds: [a]}
Resources:
  Fn:
    Type: AWS::Serverless::Function
    %s
  Table: {Type: AWS::Serverless::SimpleTable}
  Raw: {Type: AWS::Lambda::Function}
"""


@pytest.mark.parametrize(
    ("own", "name", "merged"),
    [
        ("{}", "Runtime", "python3.12"),
        ("{Runtime: java21}", "Runtime", "java21"),
        ("{Layers: [two]}", "Layers", ["one", "two"]),
        ("{Architectures: [arm64]}", "Architectures", ["arm64"]),
        (
            "{Environment: {Variables: {B: own, C: own}}}",
            "Environment",
            {"Variables": {"A": "global", "B": "own", "C": "own"}},
        ),
        ("{Environment: !Ref E}", "Environment", {"Ref": "E"}),
        ("{Tags: {c: d}}", "Tags", {"c": "d"}),
        ("{Layers: !Ref L}", "Layers", {"Ref": "L"}),
        ("{Runtime: !Ref 'AWS::NoValue'}", "Runtime", {"Ref": "AWS::NoValue"}),
        ("{VpcConfig: {SubnetIds: [b], Other: 1}}", "VpcConfig", {"SubnetIds": ["a", "b"], "Other": 1}),
    ],
)
def test_a_function_gets_what_globals_say(read: Read, own: str, name: str, merged: object) -> None:
    template = read(TEMPLATE % f"Properties: {own}")
    result = merge_globals(template)

    assert result["Resources"]["Fn"]["Properties"][name] == merged  # type: ignore[call-overload,index]
    assert "Globals" not in result
    assert "Globals" in template


def test_only_resources_of_the_section_get_them_and_marks_stay(read: Read) -> None:
    result: Any = merge_globals(read(TEMPLATE % "Metadata: {}"))

    assert "Properties" not in result["Resources"]["Table"]
    assert "Properties" not in result["Resources"]["Raw"]
    assert result["Resources"]["Fn"]["Properties"].value_mark("Runtime").line == 3


@pytest.mark.parametrize(
    ("ignored", "left"),
    [("'*'", set()), ("[Runtime, Tags]", {"Architectures", "Layers", "Environment", "VpcConfig"})],
)
def test_ignore_globals(read: Read, ignored: str, left: set[str]) -> None:
    result: Any = merge_globals(read(TEMPLATE % f"IgnoreGlobals: {ignored}"))
    assert set(result["Resources"]["Fn"]["Properties"]) == left


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Globals: {Functions: {}}", "1:11: Globals has no section Functions; did you mean Function?"),
        ("Globals: {Function: {TimeOut: 3}}", "1:22: Globals.Function does not take TimeOut; did you mean Timeout?"),
        ("Globals: {Api: {DefinitionBody: {}}}", "1:17: Globals.Api does not take DefinitionBody"),
        ("Globals: {Function: [a]}", "1:21: Globals.Function must be a mapping"),
    ],
)
def test_what_globals_cannot_say(read: Read, problems: Problems, text: str, sentence: str) -> None:
    found = problems(lambda: merge_globals(read(text + "\nResources: {A: {Type: T}}")))
    assert len(found) == 1
    assert found[0].startswith(f"t.yaml:{sentence}")


def test_ignoring_what_globals_do_not_set(read: Read, problems: Problems) -> None:
    found = problems(lambda: merge_globals(read(TEMPLATE % "IgnoreGlobals: [Runtim]")))
    assert found == [
        "t.yaml:12:21: IgnoreGlobals of Fn names Runtim, which Globals does not set; did you mean Runtime?"
    ]
