"""Links between the documents lead somewhere: to a file that exists, and to one of its headings."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/*.md")]
BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(([^)\s]+)\)")


@cache
def prose(page: Path) -> str:
    return BLOCK.sub("", page.read_text(encoding="utf-8"))


@cache
def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    texts = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", text).strip().replace(" ", "-") for text in texts}


def is_broken(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    if not target.exists():
        return True
    return bool(anchor) and target.suffix == ".md" and anchor not in anchors(target)


def test_each_link_leads_to_a_file_and_a_heading() -> None:
    links = [(page, link) for page in PAGES for link in LINK.findall(CODE.sub("", prose(page)))]
    inside = [(page, link) for page, link in links if not re.match(r"https?:|mailto:", link)]

    assert len(inside) > 200
    assert [f"{page.relative_to(ROOT)}: {link}" for page, link in inside if is_broken(page, link)] == []


def test_each_page_is_in_the_index() -> None:
    listed = set(LINK.findall(prose(ROOT / "docs/README.md")))
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}

    assert pages - {link.partition("#")[0] for link in listed} == set()


def test_the_readme_and_its_translation_have_the_same_commands_and_links() -> None:
    english, japanese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ja.md"))

    def commands(text: str) -> list[str]:
        blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        return [line.partition("  #")[0].rstrip() for block in blocks for line in block.splitlines()]

    assert commands(english) == commands(japanese)
    assert set(LINK.findall(english)) - {"README.ja.md"} == set(LINK.findall(japanese)) - {"README.md"}
