"""docs/contracts.md."""

from __future__ import annotations

import re
from pathlib import Path

from esb_schemas.pages.contracts import reference
from esb_schemas.pages.markdown import WIDTH

PAGE = Path(__file__).parents[3] / "docs" / "contracts.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == reference(), "run `python -m esb_schemas.pages.contracts > docs/contracts.md`"


def test_every_link_has_its_heading() -> None:
    titles = re.findall(r"^#+ (.*)$", reference(), re.MULTILINE)
    headings = {title.lower().replace(": ", "-").replace(" ", "-") for title in titles}
    links = set(re.findall(r"\]\(#(.*?)\)", reference()))
    assert links
    assert links <= headings


def test_no_line_is_long_or_begins_another_list() -> None:
    lines = reference().splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert not any(re.match(r"  ([-*+#>] |1[.)] )", line) for line in lines)


def test_a_key_has_what_it_takes_and_an_example() -> None:
    page = reference().replace("\n  ", " ")
    assert (
        "\n- `KeyType` (`HASH`, `RANGE`; required): HASH: the partition key. RANGE: the sort key. Example: `HASH`\n"
    ) in page
    assert "\n- `timeout` (whole number, 1 to 900): " in page
    assert "\n- `functions` (mapping of names to [function](#functions-function)" in page
