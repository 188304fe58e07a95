"""Files on disk: what is wrong with them is said in one sentence each."""

from __future__ import annotations

from pathlib import Path

import pytest

from esb_schemas.documents.reading import parse
from esb_schemas.errors import ContractError
from esb_schemas.validation.loading import load


def sentence(path: Path) -> str:
    with pytest.raises(ContractError) as caught:
        load("resources", path)
    return str(caught.value).replace(str(path), "FILE")


def file(folder: Path, text: str | bytes) -> Path:
    path = folder / "resources.yml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_valid_file(tmp_path: Path) -> None:
    assert load("resources", file(tmp_path, "Version: 1\nS3:\n  - BucketName: receipts\n")) == {
        "Version": 1,
        "S3": [{"BucketName": "receipts"}],
    }


@pytest.mark.parametrize(
    "text", ["{}", "Version: 1", "DynamoDB: []", "S3: []\nDynamoDB: []", "# nothing\n{}\n", "\ufeff{}"]
)
def test_no_resources_are_fine(tmp_path: Path, text: str) -> None:
    load("resources", file(tmp_path, text))


def test_a_path_may_be_text(tmp_path: Path) -> None:
    assert load("resources", str(file(tmp_path, "{}"))) == {}


def test_missing(tmp_path: Path) -> None:
    assert sentence(tmp_path / "absent.yml") == "FILE: the file does not exist; run `esb build` to create it"


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "null"])
def test_empty(tmp_path: Path, text: str) -> None:
    assert sentence(file(tmp_path, text)) == (
        "FILE: the file is empty; run `esb build` to create it again, or write {} for an empty document"
    )


def test_folder(tmp_path: Path) -> None:
    assert sentence(tmp_path) == (
        "FILE: this is a folder, not a file: Docker creates an empty folder if the file is missing at "
        "`docker compose up`; remove the folder and run `esb build` again"
    )


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("S3:\n  - BucketName: [", "line 3, column 1", "did not find expected node content"),
        ("S3:\n\t- BucketName: a", "line 2, column 1", "cannot start any token"),
        ("S3: []\nDynamoDB: []\nS3: []\n", "line 3, column 1", "the key 'S3' is given twice"),
        ("S3:\n  - BucketName: a\n    'BucketName': b\n", "line 3, column 5", "the key 'BucketName' is given twice"),
        ("S3: !Ref Bucket", "line 1, column 5", "could not determine a constructor for the tag '!Ref'"),
        ("S3: *nothing", "line 1, column 5", "undefined alias"),
        ("{}\n---\n{}\n", "line 2, column 1", "another document"),
        ("? [a, b]\n: c\n", "line 1, column 3", "unhashable key"),
        ("S3: &all\n  - Tags: *all\n", "line 1, column 5", "an alias is part of what it stands for"),
        ("S3: &all {<<: *all}\n", "line 1, column 5", "an alias is part of what it stands for"),
        ('{"S3":&all [*all]}\n', "line 1, column 7", "an alias is part of what it stands for"),
        ("\ufeff&all [*all]\n", "line 1, column 1", "an alias is part of what it stands for"),
    ],
)
def test_malformed(tmp_path: Path, text: str, place: str, problem: str) -> None:
    said = sentence(file(tmp_path, text))
    assert said.startswith(f"FILE: {place}: this is not valid YAML: ")
    assert problem in said
    assert "\n" not in said


@pytest.mark.parametrize(("line", "column"), [("[{}]", 5), ("{{<<: [{}]}}", 14)], ids=["lists", "merged mappings"])
def test_few_lines_of_aliases_that_stand_for_millions_of_values(tmp_path: Path, line: str, column: int) -> None:
    lines = ["a0: &a0 {k: v}", *(f"a{n}: &a{n} {line.format(f'*a{n - 1}, ' * 9)}" for n in range(1, 10))]
    assert sentence(file(tmp_path, "\n".join(lines))) == (
        f"FILE: line 7, column {column}: this is not valid YAML: there are more than 500,000 values, if those of"
        " aliases are counted each time"
    )


def test_aliases_that_repeat_a_few_values() -> None:
    text = "a: &first {name: a, tags: &tags [x]}\nb: {name: b, tags: *tags}\nc: {<<: *first, name: c}\n"
    assert parse(text.encode(), "FILE") == {name: {"name": name, "tags": ["x"]} for name in "abc"}


@pytest.mark.parametrize("content", [b"S3: \xff\xfe", b"S3: \x00", b"[" * 5000, b"S3: " + b"9" * 5000])
def test_malformed_bytes(tmp_path: Path, content: bytes) -> None:
    said = sentence(file(tmp_path, content))
    assert said.startswith("FILE: ")
    assert "this is not valid YAML" in said
    assert "\n" not in said


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"- " * 100_000,
        b"x: 1\r" + b"? " * 100_000,
        ("- " * 100_000).encode("utf-16"),
    ],
)
def test_what_is_nested_without_end_kills_no_process(tmp_path: Path, content: bytes) -> None:
    assert sentence(file(tmp_path, content)) == "FILE: this is not valid YAML: it is nested too deeply"


def test_texts_may_have_brackets_and_lines() -> None:
    text = b"a: '" + b"[" * 900 + b"'\nb: '" + b"-" * 4000 + b"'\n"
    assert parse(text, "file") == {"a": "[" * 900, "b": "-" * 4000}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 2030-01-01", "2030-01-01"),
        ("a: 2030-01-01T00:00:00Z", "2030-01-01T00:00:00Z"),
        ("a: 5", 5),
        ("a: '5'", "5"),
        ("a: true", True),
        ("a: N", "N"),
    ],
)
def test_scalars(text: str, value: object) -> None:
    assert parse(text.encode(), "file") == {"a": value}


def test_merged_keys_may_be_overridden() -> None:
    text = b"base: &base {a: 1, b: 2}\nmerged:\n  <<: *base\n  b: 3\n"
    assert parse(text, "file") == {"base": {"a": 1, "b": 2}, "merged": {"a": 1, "b": 3}}
