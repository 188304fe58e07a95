"""Templates become texts."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from esb_generator.output.rendering.templates import Compiled


@pytest.mark.parametrize("may_write", [True, False])
def test_compiled_templates_are_kept_where_they_can_be(tmp_path: Path, may_write: bool) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "hello.j2").write_text("Hello {{ name }}!", "utf-8")
    if not may_write:
        (folder / "__pycache__").write_text("a file is in the way of the folder", "utf-8")
    for _ in range(2):
        compiled = Compiled(folder, writes=True)
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder), bytecode_cache=compiled, autoescape=True
        )
        assert environment.get_template("hello.j2").render(name="you") == "Hello you!"
    assert len(list(folder.rglob("*.cache"))) == may_write
