"""Regular expressions that are compiled when they are first used."""

from __future__ import annotations

import re

import pytest

from esb_schemas.lazy_pattern import LazyPattern


def test_it_finds_what_a_compiled_expression_finds() -> None:
    lazy, compiled = LazyPattern(r"([a-c])(\d)", re.IGNORECASE), re.compile(r"([a-c])(\d)", re.IGNORECASE)
    for text in ("A1", "xB2c3", "d4", "a1,a1"):
        assert str(lazy.match(text)) == str(compiled.match(text))
        assert str(lazy.fullmatch(text)) == str(compiled.fullmatch(text))
        assert str(lazy.search(text)) == str(compiled.search(text))
        assert [match.span() for match in lazy.finditer(text)] == [match.span() for match in compiled.finditer(text)]
        assert lazy.findall(text) == compiled.findall(text)
        assert lazy.split(text) == compiled.split(text)
        assert lazy.sub(r"\2\1", text) == compiled.sub(r"\2\1", text)
    assert lazy.sub(lambda match: f"<{match[1]}>", "a1") == "<a>"


def test_bytes_have_expressions_too() -> None:
    assert LazyPattern(rb"v(\d)").findall(b"v1 v2") == [b"1", b"2"]


def test_nothing_is_compiled_before_it_is_used() -> None:
    invalid = LazyPattern("(")
    with pytest.raises(re.error):
        invalid.search("")
