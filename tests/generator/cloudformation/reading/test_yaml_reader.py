"""YAML and JSON become values with places, or sentences with places."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from esb_generator.cloudformation.reading.yaml_reader import MAX_BYTES, MAX_DEPTH, read_text
from esb_generator.errors import Problem, TemplateError
from esb_generator.values import Map, Mark, Seq

Read = Callable[[str], Any]
Problems = Callable[[Callable[[], object]], list[str]]


def test_every_entry_and_item_knows_its_place(read: Read) -> None:
    value = read("a:\n  - x\n  - b: 1\n")

    assert value.key_mark("a") == Mark("t.yaml", 1, 1)
    assert value["a"].item_mark(1) == Mark("t.yaml", 3, 5)
    assert value["a"][1].value_mark("b") == Mark("t.yaml", 3, 8)
    assert str(value["a"][1].key_mark("b")) == "t.yaml:3:5"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("!Ref X", {"Ref": "X"}),
        ("!Ref 012", {"Ref": "012"}),
        ("!GetAtt A.Arn", {"Fn::GetAtt": ["A", "Arn"]}),
        ("!GetAtt A.Outputs.B", {"Fn::GetAtt": ["A", "Outputs.B"]}),
        ("!GetAtt [A, !Ref B]", {"Fn::GetAtt": ["A", {"Ref": "B"}]}),
        ("!Sub ['${A}', {A: !Ref B}]", {"Fn::Sub": ["${A}", {"A": {"Ref": "B"}}]}),
        ("!Join [',', [a, b]]", {"Fn::Join": [",", ["a", "b"]]}),
        ("!GetAZs ''", {"Fn::GetAZs": ""}),
        ("!GetAZs", {"Fn::GetAZs": ""}),
        ("!Not [!Condition C]", {"Fn::Not": [{"Condition": "C"}]}),
        ("!Base64 text", {"Fn::Base64": "text"}),
        ("!Transform {Name: N}", {"Fn::Transform": {"Name": "N"}}),
        ("!!str 5", "5"),
        ("! 5", "5"),
        ("!!int '5'", 5),
        ("!!map {a: 1}", {"a": 1}),
        ("!!binary aGk=", "aGk="),
    ],
)
def test_tags_become_the_long_form(read: Read, written: str, meant: object) -> None:
    assert read(f"v: {written}\n")["v"] == meant


def test_keys_are_the_text_that_was_written(read: Read) -> None:
    assert list(read("200: a\non: b\n1.10: c\n2012-10-17: d\n'~': e\n")) == ["200", "on", "1.10", "2012-10-17", "~"]


def test_anchors_and_merges(read: Read) -> None:
    value = read(
        """\
        base: &base {a: 1, b: 2}
        other: &other {b: 3, c: 4}
        one: {<<: *base, b: own}
        both:
          <<: [*base, *other]
          d: 5
        again: *base
        name: &name text
        used: *name
        """
    )

    assert value["one"] == {"a": 1, "b": "own"}
    assert value["both"] == {"a": 1, "b": 2, "c": 4, "d": 5}
    assert value["both"].key_mark("c").line == 2
    assert (value["again"], value["used"]) == ({"a": 1, "b": 2}, "text")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_byte_order_mark_and_line_ends(newline: str) -> None:
    content = "\ufeff" + newline.join(["a: |", "  one", "  two", "b: c", ""])
    assert read_text(content.encode(), "t.yaml") == {"a": "one\ntwo\n", "b": "c"}


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_json(indent: Any) -> None:
    document = {"a": ["x\u00e9\U0001f600", 1.5e300, True, None, "C:\\\\ud83d"], "path": "a/b", "": {}, "n": 1e-7}
    assert read_text(json.dumps(document, indent=indent).encode(), "t.json") == document


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "t.yaml:1:1: the file is empty"),
        ("a: 1\nb: 2\na: 3\n", "t.yaml:3:1: duplicate key a; the first is at line 1, column 1"),
        ("{a: 1,\n 'a': 2}", "t.yaml:2:2: duplicate key a; the first is at line 1, column 2"),
        ("a: 1\n~: 2\n", "t.yaml:2:1: the key is ~, which means null; quote it or give it a name"),
        ("? \n: 2\n", "t.yaml:1:2: the key is empty, which means null; quote it or give it a name"),
        ("a: !Foo b\n", "t.yaml:1:4: unknown tag !Foo"),
        ("a: !Reff b\n", "t.yaml:1:4: unknown tag !Reff; did you mean !Ref?"),
        ("a: !getatt b.c\n", "t.yaml:1:4: unknown tag !getatt; did you mean !GetAtt?"),
        ("a: !!python/object:os.system {}\n", "t.yaml:1:4: unknown tag tag:yaml.org,2002:python/object:os.system"),
        ("a:\n\tb: 1\n", "t.yaml:2:1: a tab is used for indentation; use spaces"),
        ("? {a: b}\n: c\n", "t.yaml:1:3: a key must be plain text"),
        ("!Ref a: b\n", "t.yaml:1:1: a key cannot have the tag !Ref"),
        ("a: 1\n---\nb: 2\n", "t.yaml:2:1: a second document begins here; one file holds one document"),
        ("a: *x\n", "t.yaml:1:4: *x stands for nothing: no &x ends before it"),
        ("a: &x [*x]\n", "t.yaml:1:8: *x stands for nothing: no &x ends before it"),
        ("a: {<<: 5}\n", "t.yaml:1:9: << merges a mapping or a list of mappings, and this is neither"),
        ("a: \x01\n", "t.yaml:1:4: a control character stands here, which YAML does not allow; remove it"),
        (
            "a: b: c\n",
            "t.yaml:1:5: mapping values are not allowed in this context; quote text that contains ': ', or fix the "
            "indentation",
        ),
    ],
)
def test_what_is_wrong_is_a_sentence_with_a_place(read: Read, problems: Problems, text: str, sentence: str) -> None:
    assert problems(lambda: read(text)) == [sentence]


def test_several_problems_in_one_run(read: Read, problems: Problems) -> None:
    assert len(problems(lambda: read("a: !A x\nb: !B x\nb: 1\n"))) == 3


def test_text_that_is_not_utf_8(problems: Problems) -> None:
    found = problems(lambda: read_text(b"a: 1\nb: caf" + b"\xe9\n", "t.yaml"))
    assert found == ["t.yaml:2:7: this is not UTF-8 text; save the file as UTF-8"]


def billion_laughs() -> str:
    lines = ["a0: &a0 [lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (billion_laughs(), "more than 500,000 values, aliases counted each time"),
        ("a: " + "[" * 5000, f"nested more than {MAX_DEPTH} levels deep"),
        ("- " * 5000 + "x", f"nested more than {MAX_DEPTH} levels deep"),
        ("x" * (MAX_BYTES + 1), f"the file has {MAX_BYTES + 1:,} bytes; the limit is {MAX_BYTES:,}"),
        ("\n".join(f"a{n}: !X b" for n in range(10_000)), "unknown tag !X"),
    ],
)
def test_what_is_too_much_is_refused(read: Read, problems: Problems, text: str, sentence: str) -> None:
    assert sentence in problems(lambda: read(text))[0]


def test_the_pure_parser_reads_the_same() -> None:
    text = b"a: &x [1, '2', !Ref B]\nb: *x\nc: |\n  text\nd: {<<: {e: 1.10}}\n"
    fast, pure = (read_text(text, "t.yaml", loader=loader) for loader in (yaml.CSafeLoader, yaml.SafeLoader))

    assert isinstance(fast, Map)
    assert isinstance(pure, Map)
    assert fast == pure
    assert fast.values_at == pure.values_at
    assert isinstance(fast["a"], Seq)
    with pytest.raises(TemplateError, match=r"t\.yaml:1:4: a control character"):
        read_text(b"a: \x01", "t.yaml", loader=yaml.SafeLoader)


def test_the_last_of_two_equal_keys_is_used_with_a_warning_if_there_is_somebody_to_warn() -> None:
    found: list[Problem] = []

    value = read_text(b"a: 1\nb: 2\na: 3\n", "t.yaml", on_duplicate=found.append)

    assert value == {"a": 3, "b": 2}
    assert isinstance(value, Map)
    assert value.value_mark("a").line == 3
    assert [str(each) for each in found] == [
        "t.yaml:3:1: duplicate key a: this one is used, as on AWS; the first is at line 1, column 1"
    ]
