"""Tracebacks name the sources, not their copies."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from esb_gateway.invocation import Function
from esb_gateway.local.folder.source_paths import NO_SOURCES, source_paths
from tests.gateway.functions import ORDERS

WATCH = """
services:
  orders:
    develop:
      watch:
      - {action: sync+restart, path: src/orders, target: /var/task}
      - {action: sync+restart, path: layer, target: /opt/python}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in (".esb", "src/orders", "layer"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / ".esb/docker-compose.watch.yml").write_text(WATCH)
    monkeypatch.chdir(tmp_path)
    return Path(".esb")


def function(name: str = "orders") -> Function:
    return replace(
        ORDERS,
        name=name,
        code=f"functions/{name}/code",
        layers=(f"functions/{name}/layers/1-shop",),
    )


def test_tracebacks_of_python_and_node_name_code_and_layers(root: Path) -> None:
    copy = str((root / "functions/orders").resolve())
    sources = source_paths(root, [function()])
    text = f'Traceback:\n  File "{copy}/code/app.py", line 1\n  File "{copy}/layers/1-shop/python/shop.py", line 2'
    expected = 'Traceback:\n  File "src/orders/app.py", line 1\n  File "layer/shop.py", line 2'
    assert sources.in_tracebacks(text) == expected
    assert sources.in_tracebacks(json.dumps(text)) == json.dumps(expected)
    assert sources.in_tracebacks(json.dumps(json.dumps(text))) == json.dumps(json.dumps(expected))
    assert sources.in_tracebacks(f"    at handler ({copy}/code/app.js:3:5)") == "    at handler (src/orders/app.js:3:5)"
    assert sources.in_tracebacks(f"    at file://{copy}/code/app.mjs:3:5") == "    at file://src/orders/app.mjs:3:5"


def test_what_is_no_traceback_stays(root: Path) -> None:
    copy = (root / "functions/orders/code").resolve()
    for text in (f"cwd={copy}/app.py", f'File "{copy}-other/app.py"', "nothing"):
        assert source_paths(root, [function()]).in_tracebacks(text) == text


def test_a_folder_without_sources_has_none(root: Path, tmp_path: Path) -> None:
    assert source_paths(root, [function("other")]) == NO_SOURCES
    (tmp_path / "src/orders").rmdir()
    (tmp_path / "layer").rmdir()
    assert source_paths(root, [function()]) == NO_SOURCES
    for text in ("services: [no", "[" * 3000):
        (root / "docker-compose.watch.yml").write_text(text)
        assert source_paths(root, [function()]) == NO_SOURCES
    (root / "docker-compose.watch.yml").unlink()
    assert source_paths(root, [function()]) == NO_SOURCES


def test_an_edit_that_was_not_built_is_named(root: Path, tmp_path: Path) -> None:
    copy, source = root / "functions/orders/code/app.py", tmp_path / "src/orders/app.py"
    copy.parent.mkdir(parents=True)
    for file, text, seconds in ((copy, "one", 100), (source, "one", 200)):
        file.write_text(text)
        os.utime(file, (seconds, seconds))
    assert list(source_paths(root, [function()]).unbuilt(root)) == []  # only its time differs
    source.write_text("two")
    assert list(source_paths(root, [function()]).unbuilt(root)) == [
        "src/orders/app.py is newer than .esb/: run esb build, or esb-gateway local --watch"
    ]
    os.utime(source, (50, 50))
    assert list(source_paths(root, [function()]).unbuilt(root)) == []
