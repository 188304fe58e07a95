"""Input that nobody would write on purpose is one sentence, never a traceback."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.generator.conftest import Esb, tree


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "template.yaml:1:1: error: the file is empty"),
        (b"- a", "template.yaml:1:1: error: a template is a mapping with a Resources section"),
        (b"\x00\x01\x02\xff", "template.yaml:1:4: error: this is not UTF-8 text"),
        (b"a: \x00", "template.yaml:1:"),
        (b"Resources: []", "template.yaml:1:12: error: Resources must be a mapping"),
        (b"[" * 5000, "template.yaml:1:"),
        (b"Resources: {A: {Type: !!python/object:os.system x}}", "template.yaml:1:"),
    ],
    ids=["empty", "sequence", "bytes", "null", "list", "deep", "python"],
)
def test_a_file_that_is_no_template_is_one_sentence(esb: Esb, project: Path, content: bytes, sentence: str) -> None:
    (project / "template.yaml").write_bytes(content)
    result = esb("build")

    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(sentence)
    assert result.err.endswith("nothing was written\n")


def test_what_a_sentence_quotes_is_on_its_line_and_sends_nothing_to_the_terminal(esb: Esb, project: Path) -> None:
    functions = (project / "template.yaml").read_text()
    (project / "template.yaml").write_text(f'{functions}    Condition: "no\\nsuch \\e[31m{"x" * 5000}"\n')
    result = esb("build")

    assert result.code == 1
    error, line, caret, summary = result.err.splitlines()
    assert (len(line), caret) == (108, f"      | {' ' * 15}^")
    assert error.startswith("template.yaml:10:16: error: ")
    assert "no such [31mxxx" in error
    assert len(error) < 1100
    assert summary == "1 error; nothing was written"


def test_what_a_warning_quotes_is_on_its_line(esb: Esb, project: Path) -> None:
    template = (project / "template.yaml").read_text()
    (project / "template.yaml").write_text(template.replace("{CodeUri", '{Layers: ["arn:a\\nb"], CodeUri'))
    result = esb("build")

    assert result.code == 0
    (warning,) = result.err.splitlines()
    assert "the layer arn:a b is left out" in warning


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-t", "none.yaml"], "none.yaml:1:1: error: cannot be read: no such file or directory"),
        (["-t", "src"], "src:1:1: error: cannot be read: is a folder, not a file"),
        (["--config-file", "src"], "error: src does not exist; --config-file names a samconfig file"),
        (["--resolve-from", "none.yml"], "error: none.yml does not exist; --resolve-from names a file of local values"),
        (["--parameter-overrides", "A"], "error: parameter overrides: 'A' is not NAME=VALUE"),
        (["--parameter-overrides", "file://none.yaml"], "none.yaml:1:1: error: cannot be read: no such file"),
        (["--output", "template.yaml"], "error: template.yaml cannot be opened: Not a directory"),
        (["--output", "template.yaml/below"], "error: template.yaml/below cannot be opened: Not a directory"),
        (["--output", "src"], "template.yaml:4:3: error: OrdersFunction: the folder src is where the build writes"),
        (["--output", "."], "template.yaml:4:3: error: OrdersFunction: the folder src is where the build writes"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_argument_that_leads_nowhere_is_one_sentence(
    esb: Esb, project: Path, arguments: list[str], sentence: str
) -> None:
    before = tree(project)
    result = esb("build", *arguments)

    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(sentence)
    assert tree(project) == before


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        (".esb/secrets.env", "error: .esb/secrets.env is not a regular file; delete it"),
        (".esb/manifest.json", "error: .esb/manifest.json is not a regular file; delete it"),
        (".esb/.env", "error: .esb/.env is not a regular file; delete it"),
        (".esb/config/resources.yml", "error: .esb/config/resources.yml was not written by esb and is in the way"),
    ],
)
def test_a_folder_where_a_file_belongs_is_one_sentence(esb: Esb, project: Path, path: str, sentence: str) -> None:
    (project / path).mkdir(parents=True)
    (project / path / "mine").write_text("mine")
    result = esb("build")

    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(sentence)
    assert (project / path / "mine").read_text() == "mine"


def test_secrets_that_are_no_text_are_one_sentence(esb: Esb, project: Path) -> None:
    (project / ".esb").mkdir()
    (project / ".esb/secrets.env").write_bytes(b"\xff\xfe\x00")
    (project / ".esb/secrets.env").chmod(0o600)

    assert esb("build").err == "error: .esb/secrets.env is not text; fix it, or delete it and build again\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_output_that_may_not_be_written_is_one_sentence(esb: Esb, project: Path) -> None:
    project.chmod(0o500)
    result = esb("build")
    project.chmod(0o700)

    assert result.code == 1
    assert "cannot be written: Permission denied" in result.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["init", "x" * 300],
        ["validate", "-t", f"{'x' * 300}.yaml"],
        ["build", "--config-file", "x" * 300],
        ["bundle", "shop.tar", "--root", "x" * 300],
    ],
    ids=" ".join,
)
def test_a_name_that_is_too_long_for_a_file_is_one_sentence(esb: Esb, arguments: list[str]) -> None:
    result = esb(*arguments)

    assert (result.code, result.out) == (1, "")
    assert re.fullmatch(r"error: x+(\.yaml|/[a-z.-]+)?: File name too long\n", result.err)


def test_an_error_of_a_file_is_json_if_that_was_asked_for(esb: Esb) -> None:
    result = esb("validate", "--json", "-t", "x" * 300)

    assert (result.code, result.err) == (1, "")
    assert result.document == {"errors": [{"message": f"{'x' * 300}: File name too long"}]}
