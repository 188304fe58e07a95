"""A template's shape."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from esb_generator.cloudformation.reading.template import load, read_document, relative_reader
from esb_generator.errors import Problem
from esb_generator.project import OUTSIDE, Project
from esb_generator.values import Mark

MARK = Mark("template.yaml", 4, 3)
Problems = Callable[[Callable[[], object]], list[str]]


def written(folder: Path, text: str) -> Path:
    path = folder / "template.yaml"
    path.write_text(text)
    return path


def test_marks_carry_the_name_that_a_person_gave(tmp_path: Path) -> None:
    path = written(tmp_path, "Resources:\n  A:\n    Type: AWS::S3::Bucket\n")

    assert str(load(path, name="app/template.yaml").key_mark("Resources")) == "app/template.yaml:1:1"
    assert str(load(path).key_mark("Resources")) == f"{path.as_posix()}:1:1"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("just text", "1:1: a template is a mapping with a Resources section, and this file is not a mapping"),
        ("Outputs: {}", "1:1: the template has no Resources; a template needs at least one resource"),
        ("Resources:\n", "1:1: the template has no Resources; a template needs at least one resource"),
        ("Resources: {}", "1:1: Resources is empty; a template needs at least one resource"),
        ("Resources: []", "1:12: Resources must be a mapping of logical id to resource"),
        (
            "Resource: {}\nResources: {A: {Type: T}}",
            "1:1: Resource is not a section of a template; did you mean Resources?",
        ),
        ("Resources: {A: {Type: T}}\nMappings: [1]", "2:11: Mappings must be a mapping"),
        ("Resources: {A: 5}", "1:13: A must be a mapping with a Type"),
        ("Resources: {A-b: {Type: T}}", "1:13: the logical id 'A-b' may only have letters and digits, at most 255"),
        ("Resources: {A: {}}", "1:13: A has no Type; give it one, such as AWS::Serverless::Function"),
        (
            "Resources: {A: {Type: [T]}}",
            "1:23: the Type of A must be that of a resource, such as AWS::Serverless::Function",
        ),
        (
            "Resources: {A: {Type: '{x}'}}",
            "1:23: the Type of A must be that of a resource, such as AWS::Serverless::Function",
        ),
        ("Resources: {A: {Type: T, Properties: x}}", "1:38: the Properties of A must be a mapping"),
        ("Resources: {A: {Type: T, Propertys: {}}}", "1:26: A has no attribute Propertys; did you mean Properties?"),
    ],
)
def test_a_wrong_shape_is_a_sentence(tmp_path: Path, problems: Problems, text: str, sentence: str) -> None:
    assert problems(lambda: load(written(tmp_path, text), name="t")) == [f"t:{sentence}"]


def test_a_file_that_is_not_there_and_a_folder(tmp_path: Path, problems: Problems) -> None:
    assert problems(lambda: load(tmp_path / "no.yaml", name="t")) == [
        "t:1:1: cannot be read: no such file or directory"
    ]
    assert problems(lambda: load(tmp_path, name="t")) == ["t:1:1: cannot be read: is a folder, not a file"]


def test_sections_may_come_from_another_file(tmp_path: Path) -> None:
    include = "{Name: AWS::Include, Parameters: {Location: resources.yaml}}"
    assert load(written(tmp_path, f"Transform: [{include}]"))
    assert load(written(tmp_path, f"Fn::Transform: {include}"))


def test_what_the_sam_transform_drops_is_no_error_where_it_makes_the_resource(tmp_path: Path) -> None:
    assert load(written(tmp_path, "Resources: {A: {Type: AWS::Serverless::Api, MethodSettings: {}}}"))


def test_files_beside_a_template(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text("openapi: 3.0.1\n")
    assert relative_reader(tmp_path / "template.yaml")("api.yaml", MARK) == {"openapi": "3.0.1"}


def test_a_file_outside_the_project_is_read_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    for name in ("api.yaml", "app/own.yaml"):
        (tmp_path / name).write_text("openapi: 3.0.1\n")
    (tmp_path / "app/link.yaml").symlink_to("../api.yaml")
    found: list[Problem] = []
    read = relative_reader(tmp_path / "app/t.yaml", project=Project([tmp_path / "app"]), on_warning=found.append)

    for name in ("own.yaml", "../api.yaml", "link.yaml"):
        assert read(name, MARK) == {"openapi": "3.0.1"}
    assert found == [
        Problem(MARK, f"the file {tmp_path}/app/{name} is {OUTSIDE}") for name in ("../api.yaml", "link.yaml")
    ]


@pytest.mark.parametrize("kind", ["FIFO", "device file"])
def test_a_document_that_is_no_file_is_never_opened(tmp_path: Path, problems: Problems, kind: str) -> None:
    path = tmp_path / "it"
    os.mkfifo(path) if kind == "FIFO" else path.symlink_to("/dev/zero")

    assert problems(lambda: relative_reader(tmp_path / "t.yaml")("it", MARK)) == [
        f"template.yaml:4:3: {path} is a {kind}, which a build never opens; name a file"
    ]


def test_a_name_that_no_file_has_is_a_sentence(problems: Problems) -> None:
    assert problems(lambda: read_document(Path("no\0file.yaml"))) == [
        "no file.yaml:1:1: cannot be read: no file's name has a null"
    ]
