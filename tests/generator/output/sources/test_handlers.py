"""Handlers that cannot be found in the code."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from esb_generator.model import FolderCode, Function
from esb_generator.output.files.source_files import in_memory
from esb_generator.output.sources.handlers import WRAPPER, handler_problem
from esb_generator.services.lambda_.layers import WEB_ADAPTER
from esb_generator.values import Mark
from esb_schemas import contract

PYTHON = {"app.py": "import os\nfrom shop import other as named\ndef handler(event, context): ...\n"}
NODE = {"src/app.mjs": "export const handler = async () => 1;\n"}


def problem(
    handler: str,
    files: Mapping[str, str],
    runtime: str = "python3.11",
    layers: Mapping[str, str] | None = None,
    *,
    installs: bool = False,
) -> str | None:
    entry = contract.Function(handler=handler, runtime=runtime)
    function = Function("f", "F", Mark("t", 1, 1), FolderCode("src"), entry)
    code, of_layers = (
        [in_memory(name, text.encode()) for name, text in each.items()] for each in (files, layers or {})
    )
    return handler_problem(function, code, of_layers, installs=installs)


@pytest.mark.parametrize(
    ("handler", "files"),
    [
        ("app.handler", PYTHON),
        ("app.named", PYTHON),
        ("app.handler", {"app.py": "try:\n    from fast import handler\nexcept ImportError:\n    handler = None\n"}),
        ("app.handler", {"app.py": "from everything import *\n"}),
        ("app.handler", {"app.py": "globals()['handler'] = print\n"}),
        ("app.handler", {"app.py": "def __getattr__(name): ...\n"}),
        ("pkg/app.handler", {"pkg/app.py": "class handler: ...\n"}),
        ("pkg.app.handler", {"pkg/app.py": "a, handler = 1, 2\n"}),
        ("pkg.handler", {"pkg/__init__.py": "handler = 1\n"}),
        ("app.handler", {"app.cpython-312-x86_64-linux-gnu.so": ""}),
        ("app.handler", {"app.py": "handler = '\\d'\n"}),
        ("app.handler", {"app.py": "def start():\n    global handler\n    handler = print\nstart()\n"}),
        ("app.handler", {"app.py": "-" * 200_000 + "1"}),
        ("bootstrap", {}),
    ],
)
def test_a_handler_of_python_that_is_there_or_may_be(handler: str, files: Mapping[str, str]) -> None:
    assert problem(handler, files) is None


@pytest.mark.parametrize(
    ("handler", "files", "sentence"),
    [
        ("ap.handler", PYTHON, "Handler ap.handler: there is no file ap.py in its code; did you mean app.py?"),
        ("app.handle", PYTHON, "Handler app.handle: app.py does not define handle; did you mean handler?"),
        ("app.handler", {"app.py": "def outer():\n    def handler(): ...\n"}, "app.py does not define handler"),
        ("app.handler", {"app.py": "\0"}, "app.py, line 1: source code string cannot contain null bytes"),
        (
            "app.handler",
            {"app.py": "x = 1\ndef handler(:\n"},
            "app.py, line 2: invalid syntax; no invocation can",
        ),
    ],
)
def test_a_handler_of_python_that_is_missing(handler: str, files: Mapping[str, str], sentence: str) -> None:
    assert sentence in (problem(handler, files) or "")


def test_what_comes_later_may_have_the_handler() -> None:
    assert problem("datadog_lambda.handler.handler", PYTHON, installs=True) is None
    assert problem("wrapper.handler", PYTHON, layers={"python/wrapper.py": ""}) is None
    assert problem("app.missing", PYTHON, installs=True) is not None


@pytest.mark.parametrize(
    "line",
    [
        "type X = int",
        "class A[T]: pass",
        "def first[T](a): ...",
        "x = f'{a['b']}'",
        "x = f'{a['b c']}'",
        "x = t'{a b}'",
        "try: ...\nexcept A, B: ...",
        "x = [*a b for b in c]",
        "lazy import json",
        'x = f"""\n{a[\'\n\'] b}"""',
    ],
)
def test_a_later_python_may_have_syntax_that_this_one_does_not_know(line: str) -> None:
    assert problem("app.handler", {"app.py": f"{line}\ndef handler(): ...\n"}, "python3.99") is None


@pytest.mark.parametrize("line", ["def (", "def handler(event context):", "return {", "x = 1 1", "import"])
def test_no_python_has_some_syntax(line: str) -> None:
    assert "no invocation can succeed" in (problem("app.handler", {"app.py": f"{line}\n"}, "python3.99") or "")


@pytest.mark.parametrize("runtime", ["java21", "go1.x", "provided.al2023", "ruby3.3"])
def test_other_languages_are_not_looked_into(runtime: str) -> None:
    assert problem("anything.handler", {}, runtime) is None


def test_handlers_of_node() -> None:
    runtime = "nodejs22.x"
    assert problem("src/app.handler", NODE, runtime) is None
    assert problem("app.handler", {"app.js": "exports.handler = () => 1"}, runtime) is None
    assert problem("app.handler", {"app.js": "module.exports = require('./built')"}, runtime) is None
    assert problem("app.handler", {"app.ts": "export const handler = 1"}, runtime) is None
    assert problem("app.handler", {"package.json": "{}"}, runtime, installs=True) is None
    assert problem("app.handler", NODE, runtime) == (
        "Handler app.handler: there is no file app.js in its code; did you mean src/app.mjs?"
    )
    assert problem("src/app.handle", NODE, runtime) == (
        "Handler src/app.handle: src/app.mjs does not define handle; did you mean handler?"
    )


@pytest.mark.parametrize(
    ("executable", "name", "said"),
    [
        (True, "run.sh", None),
        (False, "run.sh", "run.sh starts the server, and is not executable; run chmod +x run.sh"),
        (
            True,
            "start.sh",
            "start.sh, which starts the server that the Lambda Web Adapter calls, is not in the code",
        ),
    ],
)
def test_the_handler_of_a_server_is_a_program(executable: bool, name: str, said: str | None) -> None:
    entry = contract.Function(handler=name, runtime="python3.12", environment={WRAPPER: "/opt/bootstrap"})
    function = Function("f", "F", Mark("t", 1, 1), FolderCode("src"), entry, (WEB_ADAPTER,))
    code = [in_memory("run.sh", b"#!/bin/sh", executable=executable)]

    assert handler_problem(function, code, [], installs=False) == said


def test_a_wrapper_may_start_anything() -> None:
    entry = contract.Function(handler="any.thing", runtime="python3.12", environment={WRAPPER: "/opt/wrapper"})

    assert (
        handler_problem(Function("f", "F", Mark("t", 1, 1), FolderCode("src"), entry), [], [], installs=False) is None
    )
