"""Fn::ForEach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esb_generator.values import Mark, Seq

Resolve = Callable[..., Any]
Problems = Callable[[Callable[[], object]], list[str]]
TRANSFORM = "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\n"


def test_resources_outputs_and_properties(resolved: Resolve) -> None:
    text = """\
    Globals: {Function: {Runtime: python3.12}}
    Resources:
      Fn::ForEach::Workers:
        - Name
        - !Ref Names
        - Worker${Name}:
            Type: AWS::Serverless::Function
            Properties:
              FunctionName: !Sub '${AWS::StackName}-${Name}'
              Environment:
                Variables:
                  Fn::ForEach::Sizes: [Size, [big, small], {'${Name}_${Size}': !Ref Size}]
                  OWN: !Ref Name
          Table&{Name}: {Type: AWS::Serverless::SimpleTable}
    Outputs:
      Fn::ForEach::Arns: [Name, [A, B], {'Arn${Name}': {Value: !GetAtt ['Worker${Name}', Arn]}}]
    """
    result = resolved(TRANSFORM + text.replace("\n    ", "\n")[4:], {"Names": Seq(Mark("t", 1, 1), ["A", "B"])})

    assert list(result.resources) == ["WorkerA", "TableA", "WorkerB", "TableB"]
    worker = result.resources["WorkerB"]["Properties"]
    assert (worker["Runtime"], worker["FunctionName"]) == ("python3.12", "shop-B")
    assert worker["Environment"]["Variables"] == {"B_big": "big", "B_small": "small", "OWN": "B"}
    assert result.outputs["ArnB"]["Value"].endswith(":function:shop-B")


def test_letters_and_digits_alone(resolved: Resolve) -> None:
    loop = "Fn::ForEach::L: [Ip, [10.0.0.1, 10.0.0.2], {'Host&{Ip}': {Type: Custom::Host, Properties: {Ip: '${Ip}'}}}]"
    result = resolved(TRANSFORM + f"Resources:\n  {loop}\n")
    assert result.resources["Host10002"]["Properties"] == {"Ip": "10.0.0.2"}


@pytest.mark.parametrize(
    ("loop", "sentence"),
    [
        ("[A, [x]]", "Fn::ForEach::L takes a list of three: an identifier, a collection, and a mapping"),
        ("[A, [x], y]", "Fn::ForEach::L takes a list of three: an identifier, a collection, and a mapping"),
        ("[A, x, {R: {Type: T}}]", "the collection of Fn::ForEach must be a list, and this is 'x'"),
        ("[A, [x, y], {R: {Type: T}}]", "R is made a second time; the first is at line 3"),
        ("[A, [x-y], {'R${A}': {Type: T}}]", "the logical id 'Rx-y' may only have letters and digits, at most 255"),
    ],
)
def test_a_loop_that_cannot_be_written_out(resolved: Resolve, problems: Problems, loop: str, sentence: str) -> None:
    found = problems(lambda: resolved(TRANSFORM + f"Resources:\n  Fn::ForEach::L: {loop}\n"))
    assert [line.split(" ", 1)[1] for line in found] == [sentence]


def test_loops_that_grow_too_much_end_in_a_sentence(resolved: Resolve, problems: Problems) -> None:
    items = ", ".join(f"i{n}" for n in range(60))
    body = "{'R${A}${B}${C}${D}': {Type: T}}"
    for name in "DCBA":
        body = f"{{'Fn::ForEach::{name}': [{name}, [{items}], {body}]}}"
    found = problems(lambda: resolved(TRANSFORM + f"Resources: {body}\n"))
    assert "this loop makes more than 500,000 values" in found[0]
