"""Plain scalars by the rules of YAML 1.1, as AWS's own tools read templates.

Two things differ from PyYAML: a date stays text (`Version: 2012-10-17`), and a number keeps its source text if `str()`
would lose it (`001234567`, `1.10`).
"""

from __future__ import annotations

import re

from esb_generator.values import Scalar, WrittenFloat, WrittenInt
from esb_schemas.lazy_pattern import LazyPattern

_WORDS: dict[str, bool | None] = {
    **{word: True for text in ("yes", "true", "on") for word in (text, text.capitalize(), text.upper())},
    **{word: False for text in ("no", "false", "off") for word in (text, text.capitalize(), text.upper())},
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}
_INT = LazyPattern(
    r"""(?P<sign>[-+]?)(?:
        0b(?P<binary>_*[01][01_]*)
      | 0x(?P<hex>_*[0-9a-fA-F][0-9a-fA-F_]*)
      | 0(?P<octal>[0-7_]+)
      | (?P<decimal>0|[1-9][0-9_]*)
      | (?P<sixty>[1-9][0-9_]*(?::[0-5]?[0-9])+)
    )""",
    re.VERBOSE,
)
_BASES = {"binary": 2, "hex": 16, "octal": 8, "decimal": 10}
_FLOAT = LazyPattern(
    r"""(?P<sign>[-+]?)(?:
        (?P<number>[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)? | \.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)
      | (?P<sixty>[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*)
      | \.(?P<word>inf|Inf|INF|nan|NaN|NAN)
    )""",
    re.VERBOSE,
)
_JSON_FLOAT = LazyPattern(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?[eE][-+]?[0-9]+")
_STARTS_NUMBER = frozenset("+-.0123456789")
_LONGEST_NUMBER = 100


def plain_scalar(text: str, *, json: bool = False) -> Scalar:
    """The value of an unquoted scalar; with `json`, JSON's `1e5` is a number, which is text in YAML 1.1."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _STARTS_NUMBER or len(text) > _LONGEST_NUMBER:
        return text
    if match := _INT.fullmatch(text):
        return _int(match)
    if match := _FLOAT.fullmatch(text):
        return _float(match)
    if json and _JSON_FLOAT.fullmatch(text):
        return WrittenFloat(float(text), text)
    return text


_CORE_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}
_CORE_NUMBER = LazyPattern(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def core_scalar(text: str, *, json: bool = False) -> Scalar:
    """The value of an unquoted scalar by the core schema of YAML 1.2: `yes` and `0o7` are text, `012` is 12."""
    if text in _CORE_WORDS:
        return _CORE_WORDS[text]
    if len(text) > _LONGEST_NUMBER or not _CORE_NUMBER.fullmatch(text):
        return text
    number = float(text) if json or not text.lstrip("+-").isdigit() else int(text)
    if str(number) == text:
        return number
    return WrittenInt(number, text) if isinstance(number, int) else WrittenFloat(number, text)


def is_null(text: str) -> bool:
    """Whether an unquoted scalar is null."""
    return text in _WORDS and _WORDS[text] is None


def _int(match: re.Match[str]) -> int:
    kind, digits = match.lastgroup or "decimal", match[match.lastgroup or "decimal"].replace("_", "")
    size = _base_sixty(digits) if kind == "sixty" else int(digits or "0", _BASES[kind])
    number = -int(size) if match["sign"] == "-" else int(size)
    return number if str(number) == match[0] else WrittenInt(number, match[0])


def _float(match: re.Match[str]) -> float:
    if match["word"]:
        size = float(match["word"])
    elif match["sixty"]:
        size = _base_sixty(match["sixty"].replace("_", ""))
    else:
        size = float(match["number"].replace("_", ""))
    number = -size if match["sign"] == "-" else size
    return number if str(number) == match[0] else WrittenFloat(number, match[0])


def _base_sixty(text: str) -> float:
    total = 0.0
    for digits in text.split(":"):
        total = total * 60 + float(digits)
    return total
