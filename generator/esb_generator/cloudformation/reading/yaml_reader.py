"""YAML and JSON text as values with positions.

The reader consumes the events of PyYAML's C parser without a node tree, which takes most of a loader's time. Short-form
tags become CloudFormation's long form (`!Ref X` is `{"Ref": "X"}`). Keys keep their source text, so `200:` in an
OpenAPI document and `on:` in a workflow stay text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from esb_generator.cloudformation.reading.scalars import is_null, plain_scalar
from esb_generator.errors import Problem, TemplateError, error_at
from esb_generator.near_miss import near_miss
from esb_generator.values import Map, Mark, Scalar, Seq, Value, words
from esb_schemas.lazy_pattern import LazyPattern

MAX_BYTES = 10 * 1024 * 1024
MAX_NODES = 500_000
MAX_DEPTH = 100
MAX_PROBLEMS = 100

_FUNCTIONS = words(
    "And Base64 Cidr Contains EachMemberEquals EachMemberIn Equals FindInMap GetAZs GetAtt GetStackOutput If "
    "ImportValue Join Length Not Or RefAll Select Split Sub ToJsonString Transform ValueOf ValueOfAll"
)
_SHORT_FORMS = {"!Ref": "Ref", "!Condition": "Condition"} | {f"!{name}": f"Fn::{name}" for name in _FUNCTIONS}
_TEXT_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "binary", "timestamp"))
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null"))
_COLLECTION_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("map", "seq"))
_SURROGATE_PAIR = LazyPattern(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_LOADER: Callable[[str], Any] = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_FIXES = {
    "found character that cannot start any token": "quote the text if it is meant to begin with this character",
    "mapping values are not allowed in this context": "quote text that contains ': ', or fix the indentation",
    "did not find expected key": "the indentation does not match the lines above",
    "did not find expected '-' indicator": "the indentation does not match the list above",
    "found unexpected end of stream": "a quote or bracket that was opened is never closed",
}


OnDuplicate: TypeAlias = Callable[[Problem], object]


class PlainScalar(Protocol):
    """Gives the value of an unquoted scalar."""

    def __call__(self, text: str, *, json: bool = False) -> Scalar:
        """With `json`, by JSON's rules for numbers."""


def read_text(
    content: bytes,
    file: str,
    *,
    loader: Callable[[str], Any] = _LOADER,
    on_duplicate: OnDuplicate | None = None,
    scalar: PlainScalar = plain_scalar,
) -> Value:
    """The single document in `content`, UTF-8 YAML or JSON; marks carry `file`, `loader` makes the event source.

    `on_duplicate` is called with a warning for each key that is there twice, and the last one wins; without it, such a
    key is a problem. `scalar` gives the value of an unquoted scalar. Raises TemplateError with all problems, each with
    its place.
    """
    text = _decode(content, file)
    if is_json := text.lstrip()[:1] in ("{", "["):
        text = _SURROGATE_PAIR.sub(_join_surrogates, text)
    problems: list[Problem] = []
    try:
        builder = _Builder(loader(text).get_event, file, problems, is_json=is_json)
        builder.on_duplicate, builder.scalar = on_duplicate, scalar
        value = builder.document()
    except yaml.YAMLError as error:
        problems.append(_syntax_problem(error, text, file))
    except _Stop as error:
        problems.append(error.problem)
    if problems:
        raise TemplateError(problems)
    return value


class _Stop(Exception):
    """A problem that ends the reading."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.text)


class _Builder:
    """Builds values from events; one method for each kind of node."""

    def __init__(self, next_event: Callable[[], Any], file: str, problems: list[Problem], *, is_json: bool) -> None:
        self._problems = problems
        self._next = next_event
        self._file = file
        self._is_json = is_json
        self.on_duplicate: OnDuplicate | None = None
        self.scalar: PlainScalar = plain_scalar
        self._anchors: dict[str, tuple[Value, int]] = {}
        self._nodes = 0
        self._depth = 0

    def document(self) -> Value:
        self._next()  # the stream's start
        event = self._next()
        if isinstance(event, StreamEndEvent):
            raise _Stop(Problem(Mark(self._file, 1, 1), "the file is empty"))
        value = self._node(self._next())
        self._next()  # the document's end
        event = self._next()
        if not isinstance(event, StreamEndEvent):
            self._problem(event, "a second document begins here; one file holds one document")
        return value

    def _mark(self, event: Any) -> Mark:
        mark = event.start_mark
        return Mark(self._file, mark.line + 1, mark.column + 1)

    def _problem(self, event: Event, text: str) -> None:
        problem = Problem(self._mark(event), text)
        self._problems.append(problem)
        if len(self._problems) >= MAX_PROBLEMS:
            raise _Stop(problem)

    def _count(self, event: Event, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise _Stop(Problem(self._mark(event), f"more than {MAX_NODES:,} values, aliases counted each time"))

    def _node(self, event: Any) -> Value:
        kind = type(event)
        if kind is AliasEvent:
            return self._alias(event)
        before = self._nodes
        self._count(event, 1)
        value = self._scalar(event) if kind is ScalarEvent else self._nested(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._nodes - before)
        return value

    def _nested(self, event: Any) -> Value:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _Stop(Problem(self._mark(event), f"nested more than {MAX_DEPTH} levels deep"))
        if event.anchor is not None:
            self._anchors.pop(event.anchor, None)
        value: Value = self._mapping(event) if type(event) is MappingStartEvent else self._sequence(event)
        self._depth -= 1
        tag = event.tag
        if tag is None or tag == "!" or tag in _COLLECTION_TAGS:
            return value
        return self._function(event, value)

    def _alias(self, event: Any) -> Value:
        value, nodes = self._anchors.get(event.anchor, (None, 0))
        if not nodes:
            self._problem(event, f"*{event.anchor} stands for nothing: no &{event.anchor} ends before it")
        self._count(event, max(nodes, 1))
        return value

    def _scalar(self, event: Any) -> Value:
        tag = event.tag
        text: str = event.value
        if tag is None:
            return self.scalar(text, json=self._is_json) if event.implicit[0] else text
        if tag == "!" or tag in _TEXT_TAGS:
            return text
        if tag in _PLAIN_TAGS:
            return self.scalar(text)
        return self._function(event, text)

    def _function(self, event: Any, value: Value) -> Value:
        """The long form of a short-form tag."""
        mark = self._mark(event)
        name = _SHORT_FORMS.get(event.tag)
        if name is None:
            self._problem(event, f"unknown tag {event.tag}{near_miss(event.tag, _SHORT_FORMS)}")
            return value
        if name == "Fn::GetAtt" and isinstance(value, str):
            parts = Seq(mark)
            for part in value.split(".", 1):
                parts.add(part, mark)
            value = parts
        function = Map(mark)
        function.put(name, value, mark, mark)
        return function

    def _sequence(self, start: Any) -> Seq:
        file = self._file
        result = Seq(self._mark(start))
        items_at = result.items_at
        while type(event := self._next()) is not SequenceEndEvent:
            at = event.start_mark
            items_at.append(Mark(file, at.line + 1, at.column + 1))
            result.append(self._node(event))
        return result

    def _mapping(self, start: Any) -> Map:
        file = self._file
        result = Map(self._mark(start))
        keys_at, values_at = result.keys_at, result.values_at
        merged: list[Map] = []
        while type(event := self._next()) is not MappingEndEvent:
            key = self._key(event)
            value_event = self._next()
            value = self._node(value_event)
            if key is None:
                continue
            if key == "<<" and event.implicit[0]:
                merged += self._merge_sources(value_event, value)
                continue
            if key in keys_at:
                self._duplicate(event, key, keys_at[key])
                if self.on_duplicate is None:
                    continue
            at = event.start_mark
            keys_at[key] = Mark(file, at.line + 1, at.column + 1)
            at = value_event.start_mark
            values_at[key] = Mark(file, at.line + 1, at.column + 1)
            result[key] = value
        return self._with_merged(result, merged) if merged else result

    def _duplicate(self, event: Any, key: str, first: Mark) -> None:
        place = f"the first is at line {first.line}, column {first.column}"
        if self.on_duplicate is None:
            self._problem(event, f"duplicate key {key}; {place}")
        else:
            text = f"duplicate key {key}: this one is used, as on AWS; {place}"
            self.on_duplicate(Problem(self._mark(event), text))

    def _key(self, event: Any) -> str | None:
        """The key's text; None if it has a problem."""
        if type(event) is not ScalarEvent:
            self._problem(event, "a key must be plain text")
            self._node(event)
            return None
        self._count(event, 1)
        text: str = event.value
        if event.tag is not None and event.tag != "!" and event.tag not in _TEXT_TAGS | _PLAIN_TAGS:
            self._problem(event, f"a key cannot have the tag {event.tag}")
            return None
        if event.implicit[0] and is_null(text):
            self._problem(event, f"the key is {text or 'empty'}, which means null; quote it or give it a name")
            return None
        if event.anchor is not None:
            self._anchors[event.anchor] = (text, 1)
        return text

    def _merge_sources(self, event: Event, value: Value) -> list[Map]:
        sources = value if isinstance(value, Seq) else [value]
        for source in sources:
            if not isinstance(source, Map):
                self._problem(event, "<< merges a mapping or a list of mappings, and this is neither")
        return [source for source in sources if isinstance(source, Map)]

    def _with_merged(self, own: Map, sources: list[Map]) -> Map:
        """Merged entries come first; a key of the mapping itself wins, then the earlier source."""
        result = Map(own.mark)
        for source in (*reversed(sources), own):
            for key, value in source.items():
                result.put(key, value, source.key_mark(key), source.value_mark(key))
        return result


def _decode(content: bytes, file: str) -> str:
    if len(content) > MAX_BYTES:
        problem = f"the file has {len(content):,} bytes; the limit is {MAX_BYTES:,}"
        raise error_at(Mark(file, 1, 1), problem)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        mark = _mark_at(before, file)
        raise error_at(mark, "this is not UTF-8 text; save the file as UTF-8") from None


def _mark_at(before: str, file: str) -> Mark:
    line = before.count("\n") + 1
    return Mark(file, line, len(before) - (before.rfind("\n") + 1) + 1)


def _join_surrogates(match: re.Match[str]) -> str:
    """JSON escapes a character beyond U+FFFF as a pair, which YAML does not know."""
    high, low = int(match[2], 16), int(match[3], 16)
    return f"{match[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08X}"


def _syntax_problem(error: yaml.YAMLError, text: str, file: str) -> Problem:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return _marked_problem(error, error.problem_mark, text, file)
    position = error.position if isinstance(error, yaml.reader.ReaderError) else 0
    position = next((index for index, char in enumerate(text) if not _is_printable(char)), position)
    mark = _mark_at(text[:position], file)
    return Problem(mark, "a control character stands here, which YAML does not allow; remove it")


def _is_printable(char: str) -> bool:
    return char in "\t\n\r\x85" or " " <= char <= "~" or (char >= "\xa0" and char not in "\ufffe\uffff")


def _marked_problem(error: yaml.MarkedYAMLError, at: Any, text: str, file: str) -> Problem:
    mark = Mark(file, at.line + 1, at.column + 1)
    lines = text.splitlines()
    rest = lines[at.line][at.column :] if at.line < len(lines) else ""
    if rest.startswith("\t"):
        return Problem(mark, "a tab is used for indentation; use spaces")
    problem = error.problem or "this is not YAML"
    context = f" {error.context}" if error.context and error.context_mark else ""
    since = f" (begun at line {error.context_mark.line + 1})" if context and error.context_mark else ""
    fix = next((f"; {fix}" for start, fix in _FIXES.items() if problem.startswith(start)), "")
    return Problem(mark, f"{problem}{context}{since}{fix}")
