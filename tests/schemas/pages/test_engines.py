"""docs/engines.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from esb_schemas.engines.engine import Engine
from esb_schemas.engines.table import ENGINES
from esb_schemas.pages.engines import reference
from esb_schemas.pages.markdown import WIDTH

PAGE = Path(__file__).parents[3] / "docs" / "engines.md"


def test_the_page_is_generated() -> None:
    assert PAGE.read_text("utf-8") == reference(), "run `python -m esb_schemas.pages.engines > docs/engines.md`"


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_every_engine_is_on_it(engine: Engine) -> None:
    assert f"`{engine.name}`" in reference()
    assert f"`{engine.image}`" in reference()


def test_only_tables_have_long_lines() -> None:
    assert all(len(line) <= WIDTH for line in reference().splitlines() if not line.startswith("|"))
