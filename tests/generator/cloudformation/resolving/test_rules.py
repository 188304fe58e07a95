"""The Rules section."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Resolve = Callable[..., Any]
Problems = Callable[[Callable[[], object]], list[str]]

TEMPLATE = """\
Parameters:
  Stage: {{Type: String}}
  Size: {{Type: String}}
  One: {{Type: "AWS::EC2::Subnet::Id"}}
  Two: {{Type: "AWS::EC2::Subnet::Id"}}
Rules:
  Big:
    RuleCondition: !Equals [!Ref Stage, prod]
    Assertions:
      - Assert: {}
        AssertDescription: production is big
Resources: {{A: {{Type: AWS::SNS::Topic}}}}
"""
GIVEN = {"Stage": "prod", "Size": "small", "One": "subnet-1", "Two": "subnet-2"}


@pytest.mark.parametrize(
    ("assertion", "holds"),
    [
        ("!Equals [!Ref Size, small]", True),
        ("!Not [!Equals [!Ref Size, small]]", False),
        ("{'Fn::Contains': [[large, huge], !Ref Size]}", False),
        ("{'Fn::Contains': [[large, small], !Ref Size]}", True),
        ("{'Fn::EachMemberEquals': [[small, small], !Ref Size]}", True),
        ("{'Fn::EachMemberIn': [{'Fn::RefAll': 'AWS::EC2::Subnet::Id'}, [subnet-1, subnet-2]]}", True),
        ("{'Fn::EachMemberIn': [{'Fn::RefAll': 'AWS::EC2::Subnet::Id'}, [subnet-1]]}", False),
        ("{'Fn::Or': [{'Fn::Contains': [[a], b]}, !Equals [a, a]]}", True),
        ("{'Fn::EachMemberEquals': [{'Fn::ValueOfAll': ['AWS::EC2::Subnet::Id', VpcId]}, vpc-1]}", True),
    ],
)
def test_a_rule_holds_or_is_reported_at_its_assertion(
    resolved: Resolve, problems: Problems, assertion: str, holds: bool
) -> None:
    text = TEMPLATE.format(assertion)
    if holds:
        assert resolved(text, GIVEN)
    else:
        broken = "t.yaml:10:9: the parameters break the rule Big: production is big"
        assert problems(lambda: resolved(text, GIVEN)) == [broken]
        assert resolved(text, {**GIVEN, "Stage": "dev"}), "the rule is not for this stage"


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("R: 1", "t.yaml:1:9: the rule R must be a mapping with a list of Assertions"),
        ("R: {Assertions: [1]}", "t.yaml:1:26: an assertion of the rule R must be a mapping with Assert"),
        ("R: {Assertions: [{Assert: {'Fn::Contains': a}}]}", "t.yaml:1:52: Fn::Contains takes a list of two"),
    ],
)
def test_a_rule_of_another_shape(resolved: Resolve, problems: Problems, rule: str, sentence: str) -> None:
    text = f"Rules: {{{rule}}}\nResources: {{A: {{Type: AWS::SNS::Topic}}}}\n"
    assert problems(lambda: resolved(text)) == [sentence]
