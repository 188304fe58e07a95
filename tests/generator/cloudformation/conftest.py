"""Templates as texts, so that a test shows what it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import dedent
from typing import Any

import pytest

from esb_generator.cloudformation.intrinsics import resolve
from esb_generator.cloudformation.parameters.local_values import LocalValues
from esb_generator.cloudformation.reading.yaml_reader import read_text
from esb_generator.cloudformation.resolved import Resolved
from esb_generator.errors import TemplateError
from esb_generator.values import Map, Mark, Value
from tests.generator.contexts import context

EXTENSIONS = "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\n"


@pytest.fixture(name="read")
def reader() -> Callable[[str], Any]:
    """A text becomes a value with marks in `t.yaml`."""

    def read(text: str) -> Any:
        return read_text(dedent(text).encode(), "t.yaml")

    return read


@pytest.fixture(name="problems")
def collector() -> Callable[[Callable[[], object]], list[str]]:
    """The problems that an action ends with, as a person sees them."""

    def problems(action: Callable[[], object]) -> list[str]:
        with pytest.raises(TemplateError) as raised:
            action()
        return [str(problem) for problem in raised.value.problems]

    return problems


@pytest.fixture(name="resolved")
def resolver(read: Callable[[str], Any]) -> Callable[..., Resolved]:
    """A template's text, resolved as stack `shop` in us-east-1."""

    def resolved(
        text: str,
        parameters: Mapping[str, Value] | None = None,
        *,
        local_values: LocalValues | None = None,
        files: Mapping[str, str] | None = None,
        region: str = "us-east-1",
    ) -> Resolved:
        def file(location: str, _: Mark) -> Value:
            value: Value = read_text(dedent((files or {})[location]).encode(), location)
            return value

        given = context(
            region=region,
            parameters=parameters or {},
            local_values=local_values or LocalValues(),
            read=file if files is not None else None,
        )
        return resolve(read(text), given)

    return resolved


@pytest.fixture(name="value")
def valuer(resolved: Callable[..., Resolved]) -> Callable[..., Any]:
    """What one expression gives as an environment variable of a function beside a few other resources."""

    def value(expression: str, parameters: Mapping[str, Value] | None = None, **options: Any) -> Any:
        result = resolved(AROUND + f"        X: {expression}\n", parameters, **options)
        return properties(result, "Fn")["Environment"]["X"]

    return value


def properties(result: Resolved, logical_id: str) -> Any:
    """A resource's properties."""
    found = result.resources[logical_id]["Properties"]
    assert isinstance(found, Map)
    return found


AROUND = (
    EXTENSIONS
    + """\
Mappings:
  Sizes:
    prod: {memory: 512, names: [a, b]}
    012345678901: {memory: 1.10}
Conditions:
  Always: !Equals [a, a]
  Never: !Not [Condition: Always]
Resources:
  Orders: {Type: AWS::DynamoDB::Table, Properties: {TableName: orders}}
  Items: {Type: AWS::Serverless::SimpleTable}
  Files: {Type: AWS::S3::Bucket}
  Queue: {Type: AWS::SQS::Queue}
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.1.0.0/16}}
  Absent: {Type: AWS::S3::Bucket, Condition: Never}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      AutoPublishAlias: live
      Environment:
"""
)
