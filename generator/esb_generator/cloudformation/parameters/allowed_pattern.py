"""Regular expressions of a template, which are Java's: translated to Python's and matched in bounded time.

`(a+)+` takes time that doubles with each letter. A pattern that may need long is therefore matched in a process of
its own, whose CPU time the operating system limits. Time for which a busy machine makes it wait does not count.
"""

from __future__ import annotations

import re
import sys

from esb_schemas.lazy_pattern import LazyPattern
from esb_schemas.programs import run_with_timeout

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
_TOKEN = LazyPattern(r"\\p\{(?P<name>\w+)\}|\\.|\[|\]|[^\\\[\]]+", re.DOTALL)


_QUANTIFIER = LazyPattern(r"[*+?{]")
_REPEATED_GROUP = LazyPattern(r"\)[*+?{]")
_CPU_SECONDS = 1
_TOO_LONG = (
    f"it takes more than {_CPU_SECONDS} second for this value; a repeated group within a repeated group, as in (a+)+, "
    "has this effect"
)
_LATEST = 60  # seconds; ends a process that gets no CPU time
_MATCH = f"""
import re, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({_CPU_SECONDS}, {_CPU_SECONDS}))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
pattern, text = (bytes.fromhex(line).decode("utf-8", "surrogatepass") for line in sys.stdin.read().split("\\n"))
try:
    found = re.compile(pattern).fullmatch(text)
except (re.error, RecursionError, OverflowError, MemoryError) as error:
    sys.exit(f"{{error}}"[:500])
sys.stdout.write("no" if found is None else "yes")
"""


class PatternError(Exception):
    """The pattern cannot be used; the text says why, as a part of a sentence."""


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern matches the whole text. Raises PatternError for one that is not valid or takes too long."""
    translated = _translate(pattern)
    if not _is_quick(translated, text):
        return _matches_in_process(translated, text)
    try:
        return re.compile(translated).fullmatch(text) is not None
    except (re.error, OverflowError) as error:
        raise PatternError(f"{error}") from None


def _translate(pattern: str) -> str:
    written: list[str] = []
    within_brackets = False
    for token in _TOKEN.finditer(pattern):
        members = _CLASSES.get(token["name"] or "")
        if members is not None:
            written.append(members if within_brackets else f"[{members}]")
            continue
        within_brackets = token[0] == "[" or (within_brackets and token[0] != "]")
        written.append(token[0])
    return "".join(written)


def _is_quick(pattern: str, text: str) -> bool:
    """Whether the steps of a match are at most about the square of the text's length, as without repeated groups."""
    few = len(_QUANTIFIER.findall(pattern)) <= 2
    return few and len(pattern) <= 200 and len(text) <= 1000 and not _REPEATED_GROUP.search(pattern)


def _matches_in_process(pattern: str, text: str) -> bool:
    given = "\n".join(part.encode("utf-8", "surrogatepass").hex() for part in (pattern, text))
    command = [sys.executable, "-I", "-S", "-c", _MATCH]
    try:
        done = run_with_timeout(command, _LATEST, stdin=given)
    except OSError as error:
        raise PatternError(f"{sys.executable} cannot be started: {error.strerror}") from None
    if done is None or done[0] < 0:
        raise PatternError(_TOO_LONG)
    _, answer, reason = done
    if answer not in ("yes", "no"):
        raise PatternError(reason.strip() or "it cannot be read")
    return answer == "yes"
