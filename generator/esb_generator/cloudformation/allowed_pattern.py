"""AllowedPattern is a regular expression of Java's; this translates what Python writes differently."""

from __future__ import annotations

import re

_CLASSES = {
    "ASCII": r"\x00-\x7f",
    "Alnum": "A-Za-z0-9",
    "Alpha": "A-Za-z",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1f\x7f",
    "Digit": "0-9",
    "Graph": "!-~",
    "Lower": "a-z",
    "Print": " -~",
    "Punct": r"!-/:-@\[-`{-~",
    "Space": r"\s",
    "Upper": "A-Z",
    "XDigit": "0-9A-Fa-f",
}
_TOKEN = re.compile(r"\\p\{(?P<name>\w+)\}|\\.|\[|\]|[^\\\[\]]+", re.DOTALL)


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """The pattern, for a full match; raises re.error for one that Python does not support."""
    written: list[str] = []
    within_brackets = False
    for token in _TOKEN.finditer(pattern):
        members = _CLASSES.get(token["name"] or "")
        if members is not None:
            written.append(members if within_brackets else f"[{members}]")
            continue
        within_brackets = token[0] == "[" or (within_brackets and token[0] != "]")
        written.append(token[0])
    return re.compile("".join(written))
