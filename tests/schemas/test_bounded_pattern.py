"""Regular expressions of a template."""

from __future__ import annotations

import pytest

from esb_schemas.bounded_pattern import PatternError, PatternTooSlow, compile_pattern


@pytest.mark.parametrize(
    ("expression", "text", "whole", "part"),
    [
        ("[a-z]+", "abc", True, True),
        ("[a-z]+", "abc1", False, True),
        ("^Bearer [-0-9a-zA-Z._]*$", "Bearer a.b-c", True, True),
        (r"(?=.*\d)(?=.*[a-z]).{3,}", "ab1", True, True),
        (r"\p{Alpha}+", "abc", True, True),
        ("b", "", False, False),
    ],
)
def test_a_pattern_matches_a_whole_text_or_a_part(expression: str, text: str, whole: bool, part: bool) -> None:
    pattern = compile_pattern(expression)
    assert (pattern.matches(text), pattern.is_found_in(text)) == (whole, part)


@pytest.mark.parametrize("expression", ["(", "[", "a{2,1}", "(?<n>a)(?<=a*b)\\"])
def test_an_invalid_expression_is_one_sentence(expression: str) -> None:
    with pytest.raises(PatternError) as failure:
        compile_pattern(expression)
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(("expression", "text"), [("(a|aa)+", "a" * 60 + "b"), ("(?:aa|a){1,99}", "a" * 60 + "b")])
def test_a_pattern_that_explodes_ends_and_says_so(expression: str, text: str) -> None:
    with pytest.raises(PatternTooSlow) as failure:  # to its end, it takes years
        compile_pattern(expression).matches(text)
    assert str(failure.value).startswith(f"the pattern {expression} takes more than 20 ms for a text of 61 characters")
