"""What AWS was recorded to answer, and how an answer of ours is compared with it.

A placeholder of a recording (`<uuid:1>`, `date`) matches any text; one with a number matches the same text wherever it
stands in the same case.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parents[4] / "shared/recorded"
MISSING = "the recordings of AWS's answers (../shared/recorded) are not here"

_FIXED = {"111111111111": "123456789012", "<region>": "us-east-1", "<partition>": "aws"}
_ANYTHING = {"code-sha256", "date", "datetime", "event-id", "log-result", "timestamp"}
_PLACEHOLDER = re.compile(r"<(?P<name>[\w-]+)(?::\d+)?>|(?P<date>(?:^|(?<=\t))date(?=[ \t]))")
_FIGURE = re.compile(r"\d+(?:\.\d+)?(?= ms)|(?<=Max Memory Used: )\d+")  # times and memory of REPORT lines
_PATTERNS = {"uuid": "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"}


class Headers(dict[str, str]):
    """Headers, whose names are compared without regard to case."""

    def get_header(self, name: str) -> str | None:
        return {key.lower(): value for key, value in self.items()}.get(name.lower())


@dataclass(frozen=True)
class Case:
    """One recorded step, and how to get an answer of ours to the same."""

    area: str
    module: str
    test: str
    step: str
    ask: Callable[[Any], Any]
    ignored: tuple[str, ...] = ()  # regular expressions of paths that are not compared

    @property
    def name(self) -> str:
        return f"{self.test}:{self.step}"

    def differences(self, answer: Any) -> dict[str, str]:
        """The paths at which the answer of ours is not the recorded one, each with both values."""
        recorded = _tests(self.module)[self.test]["recorded-content"][self.step]
        found = compare(recorded, answer)
        return {path: text for path, text in found.items() if not any(re.match(one, path) for one in self.ignored)}


def compare(recorded: Any, ours: Any) -> dict[str, str]:
    """The paths at which two answers differ, each with both values; a list is compared from its end."""
    return dict(_differences(recorded, ours, "", {}))


def asking(ask: Callable[..., Any], *arguments: Any) -> Callable[[Any], Any]:
    """What asks with these arguments, too."""
    return lambda application: ask(application, *arguments)


def parsed(text: str) -> Any:
    """A text as the recordings have it: an object is read, all else stays."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, dict) else text


@cache
def _tests(module: str) -> Any:
    """The recordings of a module by the name of the test, without its class."""
    tests = json.loads((RECORDED / f"{module}.json").read_text(encoding="utf-8"))
    return {test.partition("::")[2] or test: content for test, content in tests.items()}


def _differences(recorded: Any, ours: Any, path: str, bound: dict[str, str]) -> Iterator[tuple[str, str]]:
    if isinstance(recorded, dict) and isinstance(ours, dict):
        if path.endswith("ResponseMetadata"):
            recorded, ours = ({"HTTPStatusCode": metadata["HTTPStatusCode"]} for metadata in (recorded, ours))
        if isinstance(ours, Headers):
            recorded, ours = ({name.lower(): value for name, value in one.items()} for one in (recorded, ours))
        for key in sorted(recorded | ours):
            if key not in ours or key not in recorded:
                yield f"{path}.{key}", f"recorded {_short(recorded, key)}, ours {_short(ours, key)}"
            else:
                yield from _differences(recorded[key], ours[key], f"{path}.{key}", bound)
    elif isinstance(recorded, list) and isinstance(ours, list):
        for index in range(1, max(len(recorded), len(ours)) + 1):  # logs differ in how they begin
            if index > len(recorded) or index > len(ours):
                yield f"{path}[-{index}]", f"{len(recorded)} entries recorded, {len(ours)} ours"
            else:
                yield from _differences(recorded[-index], ours[-index], f"{path}[-{index}]", bound)
    elif not _equal(recorded, ours, bound):
        yield path, f"recorded {json.dumps(recorded)}, ours {json.dumps(ours)}"


def _equal(recorded: Any, ours: Any, bound: dict[str, str]) -> bool:
    if isinstance(recorded, str) and (recorded in _ANYTHING or re.fullmatch(r"<[\w-]+>", recorded)):
        return True
    if not isinstance(recorded, str) or not isinstance(ours, str):
        return type(recorded) is type(ours) and bool(recorded == ours)
    for text, value in _FIXED.items():
        recorded = recorded.replace(text, value)
    recorded, ours = _FIGURE.sub("<figure>", recorded), _FIGURE.sub("1", ours)
    pattern, names, end = "", list[str](), 0
    for found in _PLACEHOLDER.finditer(recorded):
        pattern += re.escape(recorded[end : found.start()])
        if found[0] in bound:
            pattern += re.escape(bound[found[0]])
        elif found[0] in names:
            pattern += f"(?:\\{names.index(found[0]) + 1})"
        elif ":" in found[0]:
            pattern += f"({_PATTERNS.get(found['name'], '.+?')})"
            names.append(found[0])
        else:
            pattern += ".+?"
        end = found.end()
    match = re.fullmatch(pattern + re.escape(recorded[end:]), ours, re.DOTALL)
    if match is not None:
        bound.update(zip(names, match.groups(), strict=True))
    return match is not None


def _short(values: dict[str, Any], key: str) -> str:
    return json.dumps(values[key]) if key in values else "absent"
