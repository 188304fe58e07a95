"""The language of a runtime identifier, which says how a function is run as a process of this machine. Pure."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final


class Language(Enum):
    """The languages that run here."""

    PYTHON = "Python"
    NODE = "Node.js"
    JAVA = "Java"
    BOOTSTRAP = "bootstrap"  # an executable of the function's own


RETIRED_GO: Final = "go1.x"  # its program has the name of the handler; all others are called bootstrap
# "Lambda runtimes" of the AWS Lambda Developer Guide; old ones, which AWS does not run any more, run here all the same.
_IDENTIFIERS: Final = {
    Language.PYTHON: re.compile(r"python\d+\.\d+"),
    Language.NODE: re.compile(r"nodejs\d+\.x"),
    Language.JAVA: re.compile(r"java\d+(\.al2)?"),
    Language.BOOTSTRAP: re.compile(rf"provided(\.al2(023)?)?|{re.escape(RETIRED_GO)}"),
}


def language_of(runtime: str) -> Language | None:
    """The language of `python3.12`, `nodejs22.x` and so on; None for one that does not run here."""
    return next((language for language, pattern in _IDENTIFIERS.items() if pattern.fullmatch(runtime)), None)


def java_version(runtime: str) -> int:
    """The version of a runtime of Java: 8 for `java8.al2`."""
    return int(runtime.removeprefix("java").partition(".")[0])
