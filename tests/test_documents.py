"""Every block of the documents says what it is written in; commands are run by a test, or a reason says why not."""

from __future__ import annotations

import ast
import importlib
import json
import re
import tomllib
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml

from tests.documents import COMMANDS, GENERATED, PAGES, ROOT, Block, blocks

WRITTEN = [page for page in PAGES if page.name not in GENERATED]
BLOCKS = [block for page in PAGES for block in blocks(page)]
LANGUAGES = {"sh", "console", "text", "python", "yaml", "json", "toml", "ini", "mermaid", "javascript"}
SCENARIO = re.compile(r"\bscenario\(\"([\w-]+)\"\)")


class AnyTag(yaml.SafeLoader):
    """Reads the tags of CloudFormation as the values that they have."""


AnyTag.add_multi_constructor("!", lambda loader, tag, node: str(node))


def read_ini(text: str) -> None:
    ConfigParser().read_string(text)


def read_yaml(text: str) -> None:
    yaml.load(text, AnyTag)


PARSERS: dict[str, Callable[[str], object]] = {
    "python": ast.parse,
    "json": json.loads,
    "toml": tomllib.loads,
    "ini": read_ini,
    "yaml": read_yaml,
}


def test_each_block_says_its_language() -> None:
    assert len(BLOCKS) > 100
    assert [str(block) for block in BLOCKS if block.page in WRITTEN and block.language not in LANGUAGES] == []


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_blocks_have_fences(page: Path) -> None:
    """An indented block has no language, and no comment says who runs it."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    indented, in_list = [], False
    before = ""
    for line in text.splitlines():
        if line.strip() and not line.startswith(" "):
            in_list = bool(re.match(r"- |\* |\d+\. ", line))
        if line.startswith("    ") and not before and not in_list:
            indented.append(line)
        before = line
    assert indented == []


def test_commands_are_run_by_a_test_or_have_a_reason() -> None:
    bare = [str(b) for b in BLOCKS if b.language in COMMANDS and not b.scenarios and len(b.reason) < 10]
    assert bare == [], "put <!-- run: SCENARIO --> (see tests/documents.py) or <!-- shown: REASON --> before them"


def test_each_scenario_belongs_to_one_test() -> None:
    used = {name for block in BLOCKS for name in block.scenarios}
    files = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    taken = [name for path in files for name in set(SCENARIO.findall(path.read_text(encoding="utf-8")))]
    assert sorted(taken) == sorted(used)


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language in PARSERS], ids=str)
def test_what_is_no_command_can_be_read(block: Block) -> None:
    PARSERS[block.language](block.text)


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "python" and "from esb_" in b.text], ids=str)
def test_what_programs_import_is_there(block: Block) -> None:
    imports = [node for node in ast.walk(ast.parse(block.text)) if isinstance(node, ast.ImportFrom)]
    for module, names in ((node.module or "", node.names) for node in imports):
        assert [each.name for each in names if not hasattr(importlib.import_module(module), each.name)] == []


@pytest.mark.parametrize(
    "word", ["debug", "rollback", "uninstall", "Raspberry Pi", "AWS CLI", "hot reload", "VictoriaLogs query"]
)
def test_words_that_people_look_for_lead_to_a_page(word: str) -> None:
    table = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8").partition("## Words to look for")[2]
    assert re.search(rf"^\|[^|]*\b{word}\b[^|]*\| .*\.md", table, re.MULTILINE)
