"""docs/contracts.md."""

from __future__ import annotations

import re
from pathlib import Path

from esb_schemas.reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "contracts.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == reference(), "run `python -m esb_schemas.reference > docs/contracts.md`"


def test_every_link_has_its_heading() -> None:
    titles = re.findall(r"^#+ (.*)$", reference(), re.MULTILINE)
    headings = {title.lower().replace(": ", "-").replace(" ", "-") for title in titles}
    links = set(re.findall(r"\]\(#(.*?)\)", reference()))
    assert links
    assert links <= headings


def test_every_line_of_a_table_has_six_cells() -> None:
    for line in reference().splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) == 7, line


def test_a_row_says_what_a_key_takes() -> None:
    rows = {line.split(" | ")[0]: line for line in reference().splitlines() if line.startswith("| `")}
    assert rows["| `KeyType`"] == (
        "| `KeyType` | `HASH`, `RANGE` | yes |  | HASH: the partition key. RANGE: the sort key. | `HASH` |"
    )
    assert rows["| `timeout`"].startswith("| `timeout` | whole number, 1 to 900 |")
    assert "[function](#functions-function)" in rows["| `functions`"]
