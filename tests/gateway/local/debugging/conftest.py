"""An application with functions that can be debugged, and its sources."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from esb_gateway.execution.embedded.toolchain import Toolchain
from esb_gateway.local.folder.reading import Folder, read_folder
from tests.gateway.local.local_gateway import write_folder

BREW = """\
READY = True


def handler(event, context):
    cups = event["cups"] * 2
    return {"cups": cups, "left": context.get_remaining_time_in_millis()}
"""
FUNCTIONS = """\
functions:
  brew: {logical_id: Brew, handler: app.handler, runtime: python3.11, timeout: 1}
  pour: {handler: index.handler, runtime: nodejs20.x}
  guard: {handler: app.handler, runtime: python3.11}
  tool: {handler: any, runtime: provided.al2023}
  roast: {handler: Roast, runtime: java21}
"""
ROUTING = """\
apis:
  Shop:
    authorizers: {Guard: {type: REQUEST, function: guard, identity_sources: [$request.header.Authorization]}}
routes:
- {path: /brew, method: GET, function: brew, api: Shop}
- {path: /pour, method: GET, function: pour, api: Shop, authorizer: Guard}
"""
WATCH = """\
services:
  brew: {develop: {watch: [{path: src, target: /var/task}]}}
  pour: {develop: {watch: [{path: src/index.js, target: /var/task/index.js}]}}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The output of a build, with its sources in `src` beside it."""
    root, source = tmp_path / ".esb", tmp_path / "src"
    source.mkdir()
    write_folder(root, {"functions.yml": FUNCTIONS, "routing.yml": ROUTING, "resources.yml": "{}\n"})
    (root / "docker-compose.watch.yml").write_text(WATCH)
    (source / "app.py").write_text(BREW)
    (source / "index.js").write_text("exports.handler = async () => 1;\n")
    for name in ("brew", "guard", "pour", "tool"):
        shutil.copytree(source, root / "functions" / name)
    (root / "functions/tool/bootstrap").write_text("#!/bin/sh\n")
    return root


@pytest.fixture
def folder(root: Path) -> Folder:
    return read_folder(root, Toolchain("/usr/bin/node", java="/usr/bin/java"))
