"""docs/variables.md: the page is that of the tables, and the tables have every variable that the product names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from esb_schemas.backends import BACKENDS
from esb_schemas.environment.cleared import CLEARED_VARIABLES
from esb_schemas.environment.tables import TABLES
from esb_schemas.environment.variable import Table, Variable, values
from esb_schemas.pages.variables import reference
from tests.documents import ROOT

PRODUCT = ("schemas", "compose-templates", "generator", "provisioner", "wire", "gateway", "cloud", "runtime", "image")
NAME = re.compile(r"\b_?(?:ESB|AWS|LAMBDA)_[A-Z0-9_]++(?![a-z])|(?<=\$\{)[A-Z][A-Z0-9_]+(?=[}?+-]|:[?+-])")
# Texts of this shape that are no variables: types of authorization and integration, constants of scripts, examples.
NO_VARIABLES = {"AWS_IAM", "AWS_PROXY", "AWS_DOMAINS", "ERROR_BODY", "ERROR_TYPE", "NAME"}
# Those of other programs, which build stages pass on or set, of the shell, and one that AWS reserves and never sets.
OTHERS = {
    "AWS_ACCESS_KEY",
    "CARGO_TARGET_DIR",
    "EPOCHREALTIME",
    "HTTPS_PROXY",
    "JAVA_TOOL_OPTIONS",
    "MAVEN_MIRROR_URL",
    "NODE_OPTIONS",
    "NO_PROXY",
    "SSL_CERT_FILE",
}
# Names that code puts together or has from the tables, and one that only Compose reads.
DERIVED = {
    "COMPOSE_PROJECT_NAME",
    *CLEARED_VARIABLES,
    *(row.bind_variable for row in BACKENDS),
    *(row.sdk_variable for row in BACKENDS),
}
ROWS = {row.name: row for table in TABLES for row in table.rows}


def sources() -> Iterator[Path]:
    for folder in PRODUCT:
        for path in (ROOT / folder).rglob("*"):
            parts = path.relative_to(ROOT).parts
            if path.is_file() and "environment" not in parts and not {"__pycache__", "build", "dist"} & {*parts[:-1]}:
                yield path


def names_in(path: Path) -> set[str]:
    """Of Python the constants that are no docstrings; of other files, without comments, every name."""
    text = path.read_text("utf-8", errors="ignore")
    if path.suffix != ".py":
        text = re.sub(r"^\s*(#|//|\{#).*$", "", text, flags=re.MULTILINE)
        return set(NAME.findall(text))
    return {name for each in texts_in(ast.parse(text)) for name in NAME.findall(each)}


def texts_in(tree: ast.AST) -> Iterator[str]:
    """The texts of a module that are no docstrings."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


def has_row(name: str) -> bool:
    """Whether there is a row of the name, or one that begins so and goes on with a placeholder."""
    starts = (row.partition("<") for row in ROWS)
    return any(name == start if not rest else name.startswith(start) for start, rest, _ in starts)


def test_the_page_is_generated() -> None:
    page = (ROOT / "docs/variables.md").read_text("utf-8")
    assert page == reference(), "run `nox -s docs`"


def test_each_variable_that_the_product_names_has_a_row() -> None:
    found = {name for path in sources() for name in names_in(path)} - NO_VARIABLES - OTHERS
    assert len(found) > 80
    assert sorted(name for name in found if not has_row(name)) == []


def test_each_row_is_a_variable_that_the_product_names() -> None:
    text = "\n".join(path.read_text("utf-8", errors="ignore") for path in sources())
    assert [name for name in ROWS.keys() - DERIVED if name.partition("<")[0] not in text] == []


def test_a_default_is_what_an_unset_or_empty_variable_means() -> None:
    rows = (Variable("A", "1", ""), Variable("B", "2", ""), Variable("C", "", ""))
    assert values(rows, {"A": "9", "B": "", "D": "8"}) == {"A": "9", "B": "2", "C": ""}


def test_a_program_cannot_read_a_variable_without_a_row() -> None:
    with pytest.raises(KeyError):
        values((Variable("A", "1", ""),), {"B": "2"})["B"]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.title)
def test_a_table_has_each_variable_once(table: Table) -> None:
    names = [row.name for row in table.rows]
    assert len(names) == len(set(names))
