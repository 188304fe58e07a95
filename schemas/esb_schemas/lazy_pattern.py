"""Regular expressions that are compiled when they are first used.

The modules of a build have over a hundred, and the build of a small template uses a third of them. Compiling the
others would add a tenth to its time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, AnyStr, Generic


class LazyPattern(Generic[AnyStr]):
    """As `re.compile(pattern, flags)`, with the methods that are in use. The first call raises re.error."""

    def __init__(self, pattern: AnyStr, flags: int = 0) -> None:
        self.pattern: AnyStr = pattern
        self.flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[AnyStr]:
        return re.compile(self.pattern, self.flags)

    def fullmatch(self, text: AnyStr) -> re.Match[AnyStr] | None:
        return self.compiled.fullmatch(text)

    def match(self, text: AnyStr) -> re.Match[AnyStr] | None:
        return self.compiled.match(text)

    def search(self, text: AnyStr) -> re.Match[AnyStr] | None:
        return self.compiled.search(text)

    def findall(self, text: AnyStr) -> list[Any]:
        return self.compiled.findall(text)

    def finditer(self, text: AnyStr) -> Iterator[re.Match[AnyStr]]:
        return self.compiled.finditer(text)

    def split(self, text: AnyStr) -> list[AnyStr | Any]:
        return self.compiled.split(text)

    def sub(self, replacement: AnyStr | Callable[[re.Match[AnyStr]], AnyStr], text: AnyStr) -> AnyStr:
        return self.compiled.sub(replacement, text)
