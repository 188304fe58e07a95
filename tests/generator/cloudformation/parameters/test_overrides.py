"""The ways in which people write parameter overrides."""

from __future__ import annotations

import pytest

from esb_generator.cloudformation.parameters.overrides import parse_overrides, values_from
from esb_generator.errors import BuildError
from esb_generator.values import Map, Mark


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["A=1", "B=2"], {"A": "1", "B": "2"}),
        (["A=1 B='x y'"], {"A": "1", "B": "x y"}),
        (['A="x y" B=2'], {"A": "x y", "B": "2"}),
        (["A=x y"], {"A": "x y"}),
        (["A='x'"], {"A": "x"}),
        (["A="], {"A": ""}),
        (["A=k=v,w"], {"A": "k=v,w"}),
        (["A=C:\\temp"], {"A": "C:\\temp"}),
        (["A=it's"], {"A": "it's"}),
        (["ParameterKey=A,ParameterValue=1"], {"A": "1"}),
        (["ParameterKey=A,ParameterValue=1 ParameterKey=B,ParameterValue='x,y z'"], {"A": "1", "B": "x,y z"}),
        (["A=1", "A=2"], {"A": "2"}),
    ],
)
def test_the_words_of_the_command_line_are_read(words: list[str], values: dict[str, str]) -> None:
    assert parse_overrides(words) == values


@pytest.mark.parametrize(
    ("document", "values"),
    [
        ("A=1 B='x y'", {"A": "1", "B": "x y"}),
        (["A=1", "B=x y"], {"A": "1", "B": "x y"}),
        (
            {"A": 1, "C": ["x", "y"], "D": True, "E": None, "F": "x y"},
            {"A": "1", "C": "x,y", "D": "True", "E": "", "F": "x y"},
        ),
        (["A=1", {"B": 2}], {"A": "1", "B": "2"}),
        (["A=1", None, ""], {"A": "1"}),
        ({"A": [" x", None, "", "y "]}, {"A": "x,y"}),
    ],
)
def test_the_documents_of_parameter_files_are_read(document: object, values: dict[str, str]) -> None:
    assert values_from(document) == values


def test_a_file_of_values() -> None:
    files = {"p.yaml": Map(Mark("p.yaml", 1, 1), [("A", 1), ("B", "two")])}
    assert parse_overrides(["file://p.yaml", "B=3"], read=lambda name: files[name]) == {"A": "1", "B": "3"}


@pytest.mark.parametrize("word", ["A", "A B", "=1", "A-b=1", "file://p.yaml"])
def test_what_is_not_a_word(word: str) -> None:
    with pytest.raises(BuildError, match="parameter overrides: "):
        parse_overrides([word])


@pytest.mark.parametrize("document", [5, {"A-b": 1}, {"A": {"b": 1}}, {"$include": {"a": "b"}}])
def test_what_is_not_a_document(document: object) -> None:
    with pytest.raises(BuildError, match="parameter overrides: "):
        values_from(document)


def test_files_that_include_files() -> None:
    files: dict[str, object] = {
        "params/all.yaml": {"A": "all", "$include": ["file://dev.yaml", "B=of the list"], "C": 3},
        "params/dev.yaml": ["A=dev", {"D": True}],
    }
    assert values_from({"$include": "file://params/all.yaml", "C": 4}, read=files.__getitem__) == {
        "A": "dev",
        "B": "of the list",
        "C": "4",
        "D": "True",
    }

    circle: dict[str, object] = {"a.yaml": "file://b.yaml", "b.yaml": {"$include": "file://a.yaml"}}
    with pytest.raises(BuildError, match=r"a\.yaml → b\.yaml → a\.yaml include each other"):
        values_from("file://a.yaml", read=circle.__getitem__)
