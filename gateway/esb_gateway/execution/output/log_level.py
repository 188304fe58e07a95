"""The level of a line that a function printed. Pure.

The same rules hold in containers: runtime/esb_rows.py for Python, runtime/supervisor for other runtimes.
"""

from __future__ import annotations

import re
from typing import Final

_NAMES: Final = "DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL"
# At the start, as awslambdaric and most loggers print it; after time and request, as in Node.js, which has "undefined"
# in place of the request outside of an invocation; or in JSON.
_AT_START: Final = re.compile(rf"\[?({_NAMES})\b")
_AFTER_REQUEST: Final = re.compile(rf"[^\t]*\t(?:[0-9a-f-]{{36}}|undefined)\t({_NAMES})\t")
_IN_JSON: Final = re.compile(rf'"level":\s?"({_NAMES})"', re.IGNORECASE)
_OTHER_NAMES: Final = {"WARN": "WARNING", "FATAL": "CRITICAL"}


def level_of(text: str) -> str:
    """DEBUG, INFO, WARNING, ERROR or CRITICAL; INFO if the line has none."""
    found = _AT_START.match(text) or _AFTER_REQUEST.match(text)
    if found is None and text.startswith("{"):
        found = _IN_JSON.search(text)
    if found is None:
        return "INFO"
    name = found[1].upper()
    return _OTHER_NAMES.get(name, name)
