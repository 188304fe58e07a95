"""Declared parameters, what they are given, and their constraints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from esb_generator.cloudformation.parameters.declared_parameters import values_of
from esb_generator.cloudformation.parameters.local_values import LocalValues
from esb_generator.values import as_text

Read = Callable[[str], Any]
Problems = Callable[[Callable[[], object]], list[str]]
LOCAL = LocalValues(ssm={"/db/host": "db.local", "/zones": "a, b"})


@pytest.mark.parametrize(
    ("declaration", "given", "value"),
    [
        ("{Type: String, Default: dev}", None, "dev"),
        ("{Type: String, Default: dev}", "prod", "prod"),
        ("{Type: String, Default: 012}", None, "012"),
        ("{Type: String, Default: 1.10}", None, "1.10"),
        ("{Type: String, Default: true}", None, "true"),
        ("{Type: String, Default: ''}", None, ""),
        ("{Type: Number, Default: 5}", None, 5),
        ("{Type: Number}", "2.50", 2.5),
        ("{Type: CommaDelimitedList}", "a, b ,c", ["a", "b", "c"]),
        ("{Type: CommaDelimitedList, Default: ''}", None, []),
        ("{Type: List<Number>}", "1, 2", [1, 2]),
        ("{Type: 'List<AWS::EC2::Subnet::Id>'}", "subnet-1,subnet-2", ["subnet-1", "subnet-2"]),
        ("{Type: 'AWS::EC2::VPC::Id'}", "vpc-1", "vpc-1"),
        ("{Type: 'AWS::SSM::Parameter::Value<String>', Default: /db/host}", None, "db.local"),
        ("{Type: 'AWS::SSM::Parameter::Value<List<String>>'}", "/zones", ["a", "b"]),
        ("{Type: String, AllowedValues: [1.10, b]}", "1.10", "1.10"),
        ("{Type: String, AllowedPattern: '[\\p{Alpha}-]+'}", "a-b", "a-b"),
    ],
)
def test_a_parameter_gets_its_value(read: Read, declaration: str, given: str | None, value: object) -> None:
    template = read(f"Parameters: {{P: {declaration}}}")
    overrides = {} if given is None else {"P": given}
    assert values_of(template, overrides, local_values=LOCAL).values == {"P": value}


@pytest.mark.parametrize("text", ["1.10", "012", "1e3", "+5"])
def test_a_number_keeps_its_text(read: Read, text: str) -> None:
    value = values_of(read("Parameters: {P: {Type: Number}}"), {"P": text}).values["P"]
    assert isinstance(value, str | int | float)
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("declaration", "given", "wanted"),
    [
        ("{Type: Number}", "many", "a number, and 'many' is not"),
        ("{Type: List<Number>}", "1,x", "a number, and 'x' is not"),
        ("{Type: String, AllowedValues: [dev, prod]}", "test", "one of dev, prod, and 'test' is not"),
        ("{Type: String, AllowedPattern: '[a-z]+'}", "A1", "text that matches [a-z]+, and 'A1' is not"),
        ("{Type: String, MinLength: 3}", "ab", "at least 3 characters long, and 'ab' is not"),
        ("{Type: String, MaxLength: 1}", "ab", "at most 1 characters long, and 'ab' is not"),
        ("{Type: Number, MinValue: 1}", "0", "at least 1, and '0' is not"),
        ("{Type: Number, MaxValue: 9}", "10", "at most 9, and '10' is not"),
        ("{Type: String, NoEcho: true, MinLength: 3}", "ab", "at least 3 characters long, and its value is not"),
        (
            "{Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: lower case}",
            "A",
            "text that matches [a-z]+, and 'A' is not (lower case)",
        ),
    ],
)
def test_a_constraint_that_does_not_hold(
    read: Read, problems: Problems, declaration: str, given: str, wanted: str
) -> None:
    template = read(f"Parameters:\n  P: {declaration}")
    assert problems(lambda: values_of(template, {"P": given})) == [f"t.yaml:2:3: the parameter P must be {wanted}"]


def test_all_parameters_without_a_value_are_one_problem(read: Read, problems: Problems) -> None:
    template = read("Parameters:\n  A: {Type: String}\n  B: {Type: String, Default: x}\n  C: {Type: Number}\n")
    assert problems(lambda: values_of(template, {})) == [
        "t.yaml:2:3: these parameters have no value: A (line 2), C (line 4); give one with "
        "--parameter-overrides A=… C=…, in samconfig.toml, or as a Default"
    ]


@pytest.mark.parametrize(
    ("declarations", "given", "sentence"),
    [
        (
            "{Stage: {Type: String, Default: x}}",
            {"Stag": "y"},
            "the template has no parameter Stag; did you mean Stage?",
        ),
        ("{P: {Default: x}}", {}, "the parameter P has no Type; give it one, such as String"),
        ("{P: {Type: string, Default: x}}", {}, "string is not a type of parameter; did you mean String?"),
        ("{P: x}", {}, "the parameter P must be a mapping with a Type"),
        ("{P: {Type: String, Defalt: x}}", {"P": "x"}, "the parameter P has no key Defalt; did you mean Default?"),
        (
            "{P: {Type: String, Default: !Ref X}}",
            {"P": "x"},
            "the Default of P must be text; functions do not work here",
        ),
        ("{P: {Type: String, AllowedPattern: '['}}", {"P": "x"}, "the AllowedPattern [ cannot be checked here"),
        (
            "{P: {Type: String, AllowedPattern: '(a+'}}",
            {"P": "x"},
            "the AllowedPattern (a+ cannot be checked here: miss",
        ),
        (
            "{P: {Type: String, AllowedPattern: '((a+)+'}}",
            {"P": "x"},
            "the AllowedPattern ((a+)+ cannot be checked here: missing ), unterminated subpattern",
        ),
    ],
)
def test_what_cannot_be_a_parameter(
    read: Read, problems: Problems, declarations: str, given: Mapping[str, str], sentence: str
) -> None:
    found = problems(lambda: values_of(read(f"Parameters: {declarations}"), given))
    assert len(found) == 1
    assert found[0].split(" ", 1)[1].startswith(sentence)


def test_public_ssm_parameters_are_placeholders(read: Read) -> None:
    name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    template = read(f"Parameters: {{P: {{Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: {name}}}}}")
    result = values_of(template, {})

    assert [(item.reference, item.value) for item in result.placeholders["P"]] == [(f"ssm:{name}", result.values["P"])]
    assert str(result.values["P"]).startswith("ami-")


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a|a)*", "(?:a|aa){1,100}", "a?" * 40 + "a" * 40])
def test_a_pattern_that_explodes_is_an_error_with_its_line(read: Read, problems: Problems, pattern: str) -> None:
    source = f"Parameters:\n  P:\n    Type: String\n    AllowedPattern: '{pattern}'\n"
    found = problems(lambda: values_of(read(source), {"P": "a" * 60 + "!"}))
    assert len(found) == 1
    assert found[0].startswith(f"t.yaml:4:21: the AllowedPattern {pattern} cannot be checked here: it takes more")


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("^(([0-9]{1,3})\\.){3}([0-9]{1,3})/([0-9]{1,2})$", "10.0.0.0/16"),
        ("[^@]+@([a-z-]+\\.)+[a-z]{2,}", "a@example.com"),
        ("(a+)+", "a" * 4096),
        ("[\\p{Alpha}-]+(,[\\p{Alpha}-]+)*", "a-b,c"),
        ("(ü|€)+", "ü€" * 40),
    ],
)
def test_a_pattern_with_repeated_groups_is_checked(read: Read, pattern: str, value: str) -> None:
    source = f"Parameters: {{P: {{Type: String, AllowedPattern: '{pattern}'}}}}"
    assert values_of(read(source), {"P": value}).values["P"] == value
