"""Values and templates as the texts of Compose files and Dockerfiles."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping


def render(template: str, values: Mapping[str, object]) -> str:
    """The text of a template of esb_compose_templates. Raises jinja2.UndefinedError if it uses a missing value."""
    from esb_generator.output.rendering.templates import environment  # noqa: PLC0415 - 15 % of `esb validate`

    functions = {"quoted": quoted, "text": text, "variable": variable, "variables": variables}
    return environment(**functions).get_template(template).render(values)


def text(value: object) -> str:
    """A YAML value (JSON is YAML) that Compose does not interpolate.

    Outside of ASCII, only characters that YAML does not read literally are escaped: control characters, YAML's other
    line breaks, the byte order mark.
    """
    return _quoted(value) if isinstance(value, str) else _escaped(json.dumps(value, ensure_ascii=False))


def quoted(value: object) -> str:
    """A YAML value whose texts are already in Compose's syntax: Compose interpolates their variables."""
    return json.dumps(value, ensure_ascii=False)


def variable(name: str, default: object) -> str:
    """A variable that Compose interpolates, with its default."""
    return f"${{{name}:-{default}}}"


def variables(values: Mapping[str, str]) -> str:
    """The lines of a service's `environment`, sorted; the values are YAML already.

    Not a loop of the template: all functions together have ten times as many variables as other values.
    """
    return "\n".join([f"      {_quoted(name)}: {values[name]}" for name in sorted(values, key=str.lower)])


@functools.lru_cache(maxsize=10_000)  # functions have most variables in common
def _quoted(value: str) -> str:
    return _escaped(json.dumps(value, ensure_ascii=False))


def _escaped(found: str) -> str:
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff]", lambda match: f"\\u{ord(match[0]):04x}", found.replace("$", "$$"))
