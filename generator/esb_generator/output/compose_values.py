"""Values as Compose files have them."""

from __future__ import annotations

import functools
import json
import re


def text(value: object) -> str:
    """A YAML value (JSON is YAML) in which Compose finds nothing to interpolate.

    Outside of ASCII only what YAML reads otherwise is escaped: controls, its further line ends, the byte order mark.
    """
    return _quoted(value) if isinstance(value, str) else _escaped(json.dumps(value, ensure_ascii=False))


@functools.lru_cache(maxsize=10_000)  # most of a function's variables are those of all
def _quoted(value: str) -> str:
    return _escaped(json.dumps(value, ensure_ascii=False))


def _escaped(found: str) -> str:
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff]", lambda match: f"\\u{ord(match[0]):04x}", found.replace("$", "$$"))
