"""Dynamic references, filled in from a file of local values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from esb_generator.cloudformation.parameters.local_values import LocalValues, fill_in, read_local_values
from esb_generator.values import Mark

Value = Callable[..., Any]
Resolve = Callable[..., Any]
Problems = Callable[[Callable[[], object]], list[str]]
HERE = Mark("t.yaml", 3, 5)
VALUES = LocalValues(
    ssm={"/db/host": "db.local", "/pinned:2": "two"},
    secrets={"orders/db": {"user": "joe", "password": "p{x}"}, "token": "abc", "json": '{"a": "b", "n": 5}'},
)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{resolve:ssm:/db/host}}", "db.local"),
        ("{{resolve:ssm:/db/host:3}}", "db.local"),
        ("{{resolve:ssm:/pinned:2}}", "two"),
        ("{{resolve:ssm-secure:/db/host:1}}", "db.local"),
        ("{{resolve:secretsmanager:orders/db:SecretString:user}}", "joe"),
        ("{{resolve:secretsmanager:orders/db:SecretString:user:AWSCURRENT:}}", "joe"),
        ("{{resolve:secretsmanager:token}}", "abc"),
        ("{{resolve:secretsmanager:token:SecretString}}", "abc"),
        ("{{resolve:secretsmanager:json:SecretString:a}}", "b"),
        ("{{resolve:secretsmanager:json:SecretString:n}}", "5"),
        ("{{resolve:secretsmanager:orders/db}}", '{"user": "joe", "password": "p{x}"}'),
        ("{{resolve:secretsmanager:arn:aws:secretsmanager:us-east-1:123456789012:secret:token-a1B2c3}}", "abc"),
        (
            "{{resolve:secretsmanager:arn:aws:secretsmanager:us-east-1:123456789012:secret:orders/db-a1B2c3:SecretString:user}}",
            "joe",
        ),
        ("http://{{resolve:ssm:/db/host}}/{{resolve:secretsmanager:token}}", "http://db.local/abc"),
        ("{{resolve:other:x}} {{mustache}}", "{{resolve:other:x}} {{mustache}}"),
    ],
)
def test_references_are_filled_in(text: str, filled: str) -> None:
    assert fill_in(text, VALUES, HERE) == filled


def test_a_reference_to_the_environment_is_an_error(problems: Problems) -> None:
    (sentence,) = problems(lambda: fill_in("x {{resolve:env:AWS_SECRET_ACCESS_KEY}}", VALUES, HERE))
    assert sentence.startswith("t.yaml:3:5: {{resolve:env:AWS_SECRET_ACCESS_KEY}} is no dynamic reference")
    assert "{{resolve:ssm:…}}" in sentence


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("{{resolve:ssm:/no:1}}", "add ssm: {/no: …} to esb.secrets.yml"),
        ("{{resolve:secretsmanager:no}}", "add secretsmanager: {no: …} to esb.secrets.yml"),
        (
            "{{resolve:secretsmanager:orders/db:SecretString:host}}",
            "add secretsmanager: {orders/db: {host: …}} to esb.secrets.yml",
        ),
        ("{{resolve:secretsmanager:token:SecretString:k}}", "add secretsmanager: {token: {k: …}} to esb.secrets.yml"),
    ],
)
def test_a_reference_without_a_value(problems: Problems, text: str, mend: str) -> None:
    assert problems(lambda: fill_in(text, VALUES, HERE)) == [f"t.yaml:3:5: {text} has no local value; {mend}"]


def test_functions_make_references_too(value: Value) -> None:
    expression = "!Sub '{{resolve:ssm:/${Stage}/host}}'"
    assert value(expression, {"Stage": "db"}, local_values=VALUES) == "db.local"
    assert value("!Join ['', ['{{resolve:ssm:/db', '/host}}']]", local_values=VALUES) == "db.local"


def test_only_what_the_stack_runs_needs_values(resolved: Resolve, problems: Problems) -> None:
    text = "Resources: {R: {Type: %s, Properties: {Password: '{{resolve:ssm:/no}}'}}}"

    broker = resolved(text % "AWS::AmazonMQ::Broker").resources["R"]
    assert broker["Properties"] == {"Password": "{{resolve:ssm:/no}}"}
    assert len(problems(lambda: resolved(text % "AWS::Serverless::Function"))) == 1


def test_a_name_is_filled_in_whoever_asks_first(resolved: Resolve) -> None:
    text = """\
    Resources:
      Alarm: {Type: AWS::CloudWatch::Alarm, Properties: {Table: !Ref Table}}
      Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: '{{resolve:ssm:/db/host}}'}}
    """
    assert resolved(text, local_values=VALUES).resources["Alarm"]["Properties"] == {"Table": "db.local"}


def test_the_values_of_the_file_are_texts(tmp_path: Path) -> None:
    path = tmp_path / "esb.secrets.yml"
    assert read_local_values(path, name="s.yml") == LocalValues(file="s.yml")
    path.write_text("ssm: {/a: 012}\nsecretsmanager: {plain: x, keys: {k: 1.10}}\n")
    assert read_local_values(path, name="s.yml") == LocalValues(
        {"/a": "012"}, {"plain": "x", "keys": {"k": "1.10"}}, "s.yml"
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[a]", "s.yml:1:1: must be a mapping with the sections ssm and secretsmanager"),
        ("secretmanager: {}", "s.yml:1:1: secretmanager is not a section of this file; did you mean secretsmanager?"),
        ("ssm: [a]", "s.yml:1:6: ssm must be a mapping of names to values"),
        ("ssm: {/a: [b]}", "s.yml:1:11: the value of /a must be text"),
    ],
)
def test_a_file_of_another_shape(tmp_path: Path, problems: Problems, text: str, sentence: str) -> None:
    path = tmp_path / "s.yml"
    path.write_text(text)
    assert problems(lambda: read_local_values(path, name="s.yml")) == [sentence]
