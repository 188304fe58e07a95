"""The intrinsic functions, as the CloudFormation template reference has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esb_generator.cloudformation.resolved import Resolved
from esb_generator.cloudformation.resolving.resolver import MAX_NEAR_MISSES
from esb_generator.values import Mark, Seq, WrittenFloat, as_text

Value = Callable[..., Any]
Resolve = Callable[..., Resolved]
Problems = Callable[[Callable[[], object]], list[str]]
HERE = Mark("t.yaml", 1, 1)
PARAMETERS = {"Stage": "prod", "Size": WrittenFloat(1.1, "1.10"), "Zones": Seq(HERE, ["a", "b"]), "Missing": "dev"}


@pytest.mark.parametrize(
    ("expression", "meant"),
    [
        ("!Ref Stage", "prod"),
        ("!Ref Zones", ["a", "b"]),
        ("!Ref AWS::Region", "us-east-1"),
        ("!Ref AWS::AccountId", "123456789012"),
        ("!Ref AWS::StackName", "shop"),
        ("!Ref AWS::Partition", "aws"),
        ("!Ref AWS::URLSuffix", "amazonaws.com"),
        ("!Ref AWS::NotificationARNs", []),
        ("!Sub '${Stage}-${AWS::Region}-${!Kept}'", "prod-us-east-1-${Kept}"),
        (
            "!Sub ['${A}-${Size}-${Orders.Arn}', {A: !Ref Stage}]",
            "prod-1.10-arn:aws:dynamodb:us-east-1:123456789012:table/orders",
        ),
        ("!Sub '$HOME ${} tail'", None),
        ("!Sub 'no variable, ${unclosed'", "no variable, ${unclosed"),
        ("!Join ['-', [!Ref Stage, 5, true, !Ref Size]]", "prod-5-true-1.10"),
        ("!Join [',', !Ref Zones]", "a,b"),
        ("!Join ['', [a, !Ref AWS::NoValue, b]]", "ab"),
        ("!Select [1, !Ref Zones]", "b"),
        ("!Select ['0', !Split ['|', 'x|y']]", "x"),
        ("!Split [',', 'a,,b']", ["a", "", "b"]),
        ("!If [Always, 1, !Ref Nobody]", 1),
        ("!If [Never, !GetAtt Nobody.Arn, 2]", 2),
        ("[1, !If [Never, 2, !Ref AWS::NoValue], 3]", [1, 3]),
        ("{a: 1, b: !Ref AWS::NoValue}", {"a": 1}),
        ("!FindInMap [Sizes, !Ref Stage, memory]", 512),
        ("!FindInMap [Sizes, !Ref Stage, names]", ["a", "b"]),
        ("!FindInMap [Sizes, 012345678901, memory]", 1.1),
        ("!FindInMap [Sizes, !Ref Missing, memory, {DefaultValue: !Ref Stage}]", "prod"),
        ("!Base64 abc", "YWJj"),
        ("{'Fn::Base64': !Sub '${Stage}'}", "cHJvZA=="),
        ("!Cidr [10.0.0.0/16, 3, 8]", ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]),
        ("!Select [1, !Cidr [!GetAtt Vpc.CidrBlock, 2, 12]]", "10.1.16.0/20"),
        ("!Cidr ['2001:db8::/56', 1, 64]", ["2001:db8::/64"]),
        ("!GetAZs ''", ["us-east-1a", "us-east-1b", "us-east-1c"]),
        ("!Select [0, !GetAZs eu-west-1]", "eu-west-1a"),
        ("!Length [1, 2, 3]", 3),
        ("!Length {Ref: Zones}", 2),
        ("!ToJsonString {a: !Ref Stage, b: [1.10, true, null]}", '{"a":"prod","b":[1.1,true,null]}'),
        ("!ImportValue network-vpc", "network-vpc"),
        ("{Statement: {Condition: {StringEquals: x}}}", {"Statement": {"Condition": {"StringEquals": "x"}}}),
        ("{Condition: Always}", {"Condition": "Always"}),
    ],
)
def test_a_function_gives(value: Value, problems: Problems, expression: str, meant: object) -> None:
    if meant is None:
        assert "is not a variable of Fn::Sub" in problems(lambda: value(expression, PARAMETERS))[0]
    else:
        assert value(expression, PARAMETERS) == meant


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("!Ref Stagee", "there is no parameter or resource Stagee; did you mean Stage?"),
        ("!GetAtt Order.Arn", "there is no parameter or resource Order; did you mean Orders?"),
        ("!GetAtt Orders.ARN", "Orders (AWS::DynamoDB::Table) has no attribute ARN; did you mean Arn?"),
        ("!GetAtt Orders", "Fn::GetAtt takes a list: the logical id, the attribute"),
        ("!Sub '${Nope}'", "there is no parameter or resource Nope"),
        ("!Sub '${Zones}'", "${Zones} must be text, and it is a list of 2"),
        ("!Sub '${a b}'", "${a b} is not a variable of Fn::Sub; write ${!a b} to keep the text as it is"),
        ("!Sub ['${A}']", "Fn::Sub takes a list: the text, a mapping of variables"),
        ("!Sub ['${A}', [x]]", "the variables of Fn::Sub must be a mapping, and this is a list of 1"),
        ("!Join [',', a]", "the list of Fn::Join must be a list, and this is 'a'"),
        ("!Join [',']", "Fn::Join takes a list: the delimiter, a list of texts"),
        ("!Join [',', [{a: b}]]", "an item of the list of Fn::Join must be text, and this is a mapping with a"),
        ("!Select [2, [a, b]]", "the list of Fn::Select has 2 items and none with the index 2; the first is 0"),
        ("!Select [x, [a, b]]", "the index of Fn::Select must be a whole number, and this is 'x'"),
        ("!Split ['', a]", "the delimiter of Fn::Split must be a text that is not empty"),
        ("!If [Alway, 1, 2]", "there is no condition Alway; did you mean Always?"),
        ("!If [Always, 1]", "Fn::If takes a list: a condition's name, the value if true, the value if false"),
        ("!FindInMap [Sizes, dev, memory]", "Mappings has no Sizes.dev.memory: dev is not there"),
        ("!Cidr [10.0.0.0/24, 3, 12]", "10.0.0.0/24 cannot be divided into 3 blocks of 12 bits; the count is 1 to 256"),
        ("!Cidr [10.0.0.0/24, 3, 7]", "10.0.0.0/24 has no room for 3 blocks of 7 bits"),
        ("!Cidr [here, 3, 7]", "'here' is not an IP block such as 10.0.0.0/16"),
        ("!Equals [a, b]", "Fn::Equals belongs in the Conditions section; use Fn::If with the condition's name here"),
        ("{'Fn::Joins': [a, b]}", "there is no intrinsic function Fn::Joins; did you mean Fn::Join?"),
        ("{'Fn::Join': [a, [b]], x: 1}", "Fn::Join must be the only key of its mapping"),
        (
            "!Transform {Name: Shout}",
            "the macro Shout cannot run here; only AWS::Include can, so write out what it would make",
        ),
        ("!Ref Absent", "Absent does not exist here, because its condition Never is false; put this in an Fn::If"),
        ("!Base64 [a]", "Fn::Base64 must be text, and this is a list of 1"),
    ],
)
def test_a_mistake_is_a_sentence_with_a_place(value: Value, problems: Problems, expression: str, sentence: str) -> None:
    found = problems(lambda: value(expression, PARAMETERS))
    assert len(found) == 1
    place, _, text = found[0].partition(" ")
    assert text == sentence
    assert place.startswith("t.yaml:21:")


def test_every_mistake_is_found_in_one_run(resolved: Resolve, problems: Problems) -> None:
    text = """\
    Conditions: {Broken: !Equals [a]}
    Resources:
      A:
        Type: AWS::S3::Bucket
        Properties: {BucketName: !Ref X, Tags: [{Key: !Ref Y, Value: v}]}
      B: {Type: AWS::S3::Bucket, Condition: Gone}
    Outputs: {O: {Value: !GetAtt Z.Arn}}
    """
    found = problems(lambda: resolved(text))

    assert [line.split(": ", 1)[0] for line in found] == [
        "t.yaml:1:22", "t.yaml:5:30", "t.yaml:5:51", "t.yaml:6:41", "t.yaml:7:22",
    ]  # fmt: skip


CONDITIONS = """\
Mappings: {Stages: {prod: {big: 'true'}}}
Conditions:
  Prod: !Equals [!Ref Stage, prod]
  Big: !Equals [!FindInMap [Stages, prod, big], true]
  Both: !And [!Condition Prod, Condition: Big]
  Either: !Or [!Not [Condition: Prod], !Equals [1.10, '1.10']]
  Never: !Not [!Condition Prod]
Resources:
  A: {Type: AWS::S3::Bucket, Condition: Both}
  B: {Type: AWS::S3::Bucket, Condition: Either}
  C: {Type: AWS::S3::Bucket, Condition: Never}
Outputs:
  O: {Value: !Ref C, Condition: Never}
  P: {Value: !Ref A, Export: {Name: !Sub '${AWS::StackName}-a'}}
"""


def test_conditions_choose_resources_and_outputs(resolved: Resolve) -> None:
    result = resolved(CONDITIONS, {"Stage": "prod"})

    assert list(result.resources) == ["A", "B"]
    assert result.outputs == {"P": {"Value": "shop-a", "Export": {"Name": "shop-a"}}}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "Conditions: {A: !Not [Condition: B], B: !Not [Condition: A]}\nResources: {R: {Type: T}}",
            "circular reference: the condition A → the condition B → the condition A",
        ),
        (
            "Resources:\n  A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub 'x-${B}'}}\n"
            "  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref A}}",
            "circular reference: the name of B → the name of A → the name of B",
        ),
        (
            "Conditions: {A: !Equals [!Ref R, x]}\nResources: {R: {Type: T}}",
            "a condition cannot refer to the resource R; only to parameters and mappings",
        ),
        (
            "Conditions: {A: yes}\nResources: {R: {Type: T}}",
            "a condition is one of the functions Condition, Fn::And, Fn::Equals, Fn::Not, Fn::Or, and this is 'true'",
        ),
        (
            "Resources: {R: {Type: T, Properties: {L: !Length [1]}}}",
            "Fn::Length works only with AWS::LanguageExtensions; add it before the others under Transform",
        ),
    ],
)
def test_what_cannot_be_worked_out(resolved: Resolve, problems: Problems, text: str, sentence: str) -> None:
    assert sentence in [problem.split(" ", 1)[1] for problem in problems(lambda: resolved(text))]


@pytest.mark.parametrize(
    ("resources", "sentence"),
    [
        ("{'Fn::If': {Type: T}}", "the logical id 'Fn::If' may only have letters and digits, at most 255"),
        ("{R: {Type: T, 'Fn::If': [A, 1, 2]}}", "Fn::If must be the only key of its mapping"),
    ],
)
def test_a_function_where_none_can_stand(resolved: Resolve, problems: Problems, resources: str, sentence: str) -> None:
    assert problems(lambda: resolved(f"Resources: {resources}"))[0].endswith(sentence)


def test_only_the_first_of_many_mistakes_are_compared_with_all_names(resolved: Resolve, problems: Problems) -> None:
    lines = [f"  Function{n}: {{Type: T, Properties: {{X: !Ref Functin{n}}}}}" for n in range(200)]
    found = problems(lambda: resolved("Resources:\n" + "\n".join(lines)))
    assert len(found) == 200
    assert sum("did you mean" in problem for problem in found) == MAX_NEAR_MISSES


def test_a_long_chain_of_names_ends_in_a_sentence(resolved: Resolve, problems: Problems) -> None:
    links = [
        f"  B{n}: {{Type: AWS::S3::Bucket, Properties: {{BucketName: !Sub '${{B{n + 1}}}${{B{n + 1}}}'}}}}"
        for n in range(500)
    ]
    text = "Resources:\n" + "\n".join(links) + "\n  B500: {Type: AWS::S3::Bucket}\n"
    assert any("is more than 30 references deep" in problem for problem in problems(lambda: resolved(text)))


def test_an_include_is_read_and_resolved(value: Value) -> None:
    files = {"api.yaml": "openapi: 3.0.1\npaths: {/a: {get: !Sub '${Orders}'}}\n", "more.yaml": "b: 2\n"}
    alone = "{'Fn::Transform': {Name: AWS::Include, Parameters: {Location: api.yaml}}}"
    beside = "{a: 1, 'Fn::Transform': {Name: AWS::Include, Parameters: {Location: more.yaml}}}"

    assert value(alone, files=files) == {"openapi": "3.0.1", "paths": {"/a": {"get": "orders"}}}
    assert value(beside, files=files) == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("location", "sentence"),
    [
        ("self.yaml", "circular include: self.yaml → self.yaml"),
        ("s3://b/api.yaml", "s3://b/api.yaml is not a local file; keep the file beside the template and name its path"),
    ],
)
def test_an_include_that_cannot_be(value: Value, problems: Problems, location: str, sentence: str) -> None:
    include = f"{{'Fn::Transform': {{Name: AWS::Include, Parameters: {{Location: '{location}'}}}}}}"
    files = {"self.yaml": "a: " + include}
    assert problems(lambda: value(include, files=files))[0].endswith(sentence)


def test_included_resources_get_globals(resolved: Resolve) -> None:
    text = """\
    Transform: AWS::Serverless-2016-10-31
    Globals: {Function: {Runtime: python3.12}}
    Resources:
      Fn::Transform: {Name: AWS::Include, Parameters: {Location: more.yaml}}
    """
    result = resolved(text, files={"more.yaml": "Fn: {Type: AWS::Serverless::Function}\n"})
    assert result.resources["Fn"]["Properties"] == {"Runtime": "python3.12"}


def test_what_needs_no_resolving_is_not_copied(resolved: Resolve, read: Callable[[str], Any]) -> None:
    result: Any = resolved("Resources: {A: {Type: AWS::S3::Bucket, Properties: {Tags: [{Key: k, Value: 012}]}}}")

    tag = result.resources["A"]["Properties"]["Tags"][0]
    assert str(tag.value_mark("Value")) == "t.yaml:1:76"
    assert as_text(tag["Value"]) == "012"


def test_an_include_under_transform_and_a_macro_that_cannot_run(resolved: Resolve, problems: Problems) -> None:
    include = "{Name: AWS::Include, Parameters: {Location: more.yaml}}"
    result = resolved(f"Transform: [{include}]\n", files={"more.yaml": "Resources: {A: {Type: AWS::SNS::Topic}}"})
    assert list(result.resources) == ["A"]

    assert problems(lambda: resolved("Transform: Shout\nResources: {A: {Type: AWS::SNS::Topic}}\n")) == [
        "t.yaml:1:12: the macro Shout cannot run here; only AWS::Include can, so write out what it would make"
    ]


def test_includes_that_include_each_other_many_times_end_in_a_sentence(resolved: Resolve, problems: Problems) -> None:
    def both(location: str) -> str:
        include = f"{{'Fn::Transform': {{Name: AWS::Include, Parameters: {{Location: {location}}}}}}}"
        return f"{{a: {include}, b: {include}}}"

    files = {f"{n}.yaml": both(f"{n + 1}.yaml") for n in range(20)}
    template = f"Resources: {{A: {{Type: AWS::SNS::Topic, Properties: {both('0.yaml')}}}}}\n"
    found = problems(lambda: resolved(template, files={**files, "20.yaml": "x"}))
    assert "more than 1,000 includes" in found[-1]
    assert len(found) < 20
