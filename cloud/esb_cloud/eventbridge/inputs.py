"""The input of a target, made from an event: all of it, a part, a constant, or a template filled in.

EventBridge user guide, "Amazon EventBridge input transformation"; recorded/events/test_events_inputs.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from esb_cloud.eventbridge.json_paths import MISSING, InvalidPath, find, parse_path
from esb_wire.patterns import read_json

_VARIABLE: Final = re.compile(r"<([\w.\-]+)>", re.ASCII)
_RULE_ARN: Final = "aws.events.rule-arn"
_RULE_NAME: Final = "aws.events.rule-name"
_INGESTION_TIME: Final = "aws.events.event.ingestion-time"
_EVENT: Final = "aws.events.event"
_EVENT_JSON: Final = "aws.events.event.json"
MAX_INPUT: Final = 1024 * 1024  # characters of an input that a template makes; no queue and no function takes more
_KEPT_TEXTS: Final = 16  # of an event; each may be as long as the event
_EMPTY: Final[Mapping[type, str]] = {dict: "{}", list: "[]", str: '""'}
PREDEFINED: Final = frozenset({_RULE_ARN, _RULE_NAME, _INGESTION_TIME, _EVENT, _EVENT_JSON})


class InvalidInput(ValueError):
    """A template and an event make no valid input. `code` is that of a dead letter."""

    def __init__(self, message: str, code: str = "INVALID_JSON") -> None:
        self.code: Final = code
        super().__init__(message)


class EventTexts:
    """An event as JSON, `whole`, and its parts: many rules ask for the same one, which takes 10 ms to write."""

    def __init__(self, whole: str) -> None:
        self.whole: Final = whole
        self._parts = dict[str, str]()

    def part(self, path: str, value: Any) -> str:
        """As `dump`, of what is at a path of the event."""
        if not isinstance(value, list | dict):
            return dump(value)
        if path not in self._parts:
            if len(self._parts) == _KEPT_TEXTS:
                del self._parts[next(iter(self._parts))]
            self._parts[path] = dump(value)
        return self._parts[path]


class Matched(NamedTuple):
    """An event that matched a rule. `time` is when it was accepted."""

    event: Mapping[str, Any]
    texts: EventTexts
    rule_arn: str
    rule_name: str
    time: str

    def json_of(self, path: str, value: Any) -> str:
        """What is at a path of the event, as JSON."""
        return self.texts.whole if value is self.event else self.texts.part(path, value)


class Variable(NamedTuple):
    """A place in a template. `quoted`: it stands within a string."""

    name: str
    quoted: bool


def input_of(target: Mapping[str, Any], matched: Matched) -> str:
    """The text that a target gets. Raises InvalidInput."""
    if "Input" in target:
        constant: str = target["Input"]
        return constant
    if "InputPath" in target:
        path = target["InputPath"]
        value = find(matched.event, parse_path(path))
        return "null" if value is MISSING else matched.json_of(path, value)
    if "InputTransformer" in target:
        return _transform(target["InputTransformer"], matched)
    return matched.texts.whole


def parameter_of(text: str, event: Mapping[str, Any]) -> str:
    """A parameter of a target: a text, or with `$.` what is at that path of the event; a missing path is empty.

    EventBridge user guide, "Dynamic path parameters".
    """
    if not text.startswith("$."):
        return text
    try:
        value = find(event, parse_path(text))
    except InvalidPath:
        return text
    if value is MISSING:
        return ""
    return value if isinstance(value, str) else dump(value)


def dump(value: Any) -> str:
    """JSON as AWS writes it (recorded): without spaces. Raises ValueError for infinity, which it cannot write."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


@lru_cache(1024)
def parse_template(template: str) -> tuple[str | Variable, ...]:
    """The texts of a template, and the variables between them."""
    parts, end, quoted = list[str | Variable](), 0, False
    for found in _VARIABLE.finditer(template):
        text = template[end : found.start()]
        if _quotes(text) % 2:
            quoted = not quoted
        parts += [text, Variable(found[1], quoted)]
        end = found.end()
    return (*parts, template[end:])


def _quotes(text: str) -> int:
    """The number of quotes that begin or end a string."""
    return len(re.sub(r"\\.", "", text).split('"')) - 1


def _transform(transformer: Mapping[str, Any], matched: Matched) -> str:
    template, paths = transformer["InputTemplate"], transformer.get("InputPathsMap", {})
    filled, length = list[_Filled](), 0
    for part in parse_template(template):
        filled.append(_Filled(part, part) if isinstance(part, str) else _fill_in(part, paths, matched))
        length += len(filled[-1].text)
        if length > MAX_INPUT:  # a template has room for 300 variables, each of them for the whole event
            raise InvalidInput(f"The input has more than {MAX_INPUT} characters.", "INPUT_TOO_LONG")
    if not template.lstrip().startswith('"'):  # a template that is a string is a text of its own (recorded)
        try:
            read_json("".join(each.stand_in for each in filled))
        except ValueError:
            raise InvalidInput("The input template and the event make no valid JSON.") from None
    return "".join(each.text for each in filled)


def _value(name: str, paths: Mapping[str, str], matched: Matched) -> Any:
    if name in paths:
        return find(matched.event, parse_path(paths[name]))
    match name:
        case "aws.events.rule-arn":
            return matched.rule_arn
        case "aws.events.rule-name":
            return matched.rule_name
        case "aws.events.event.ingestion-time":
            return matched.time
        case "aws.events.event":
            return _without_detail(matched)
        case "aws.events.event.json":
            return matched.event
        case _:
            return MISSING


def _without_detail(matched: Matched) -> dict[str, Any]:
    """The event without its detail; its type has another name (recorded)."""
    names = {"detail-type": "detailType"}
    event = {names.get(name, name): value for name, value in matched.event.items() if name != "detail"}
    return {**event, "time": matched.time}


class _Filled(NamedTuple):
    """The text in a place of a template. With `stand_in`, the whole is valid JSON if and only if it is with `text`."""

    text: str
    stand_in: str


def _fill_in(variable: Variable, paths: Mapping[str, str], matched: Matched) -> _Filled:
    """Within a string, a text is itself, and what is no text is JSON without quotation marks (recorded)."""
    value = _value(variable.name, paths, matched)
    if value is MISSING:
        text = "" if variable.quoted else '""'
        return _Filled(text, text)
    text = matched.json_of(paths.get(variable.name, variable.name), value)
    if not variable.quoted:
        return _Filled(text, _EMPTY.get(type(value), text))
    text = text[1:-1] if isinstance(value, str) else text.replace('"', "")
    return _Filled(text, text)
