"""What the rules of a bus make of an event: which match, and the input of each target. Pure.

All that takes time in proportion to the event is done here, so that another process can do it for a large one. Such an
event then stays a text everywhere else: as plain data, 1 MB of short lists takes 30 ms to read and 40 ms to write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from esb_cloud.aws.stack import Stack
from esb_cloud.eventbridge.inputs import EventTexts, InvalidInput, Matched, dump, input_of, parameter_of
from esb_cloud.eventbridge.resources.rules import rule_arn
from esb_cloud.sql.tables.rules import Rule
from esb_wire.offload import LARGE, is_costly
from esb_wire.patterns import EVENTBRIDGE, Matcher, compile_pattern, prepare, read_json

MAX_INPUTS: Final = 64 * 1024 * 1024  # characters that the rules may make of the events of one request
_NAMED: Final = ("HeaderParameters", "QueryStringParameters")  # of HttpParameters; values may be paths in the event
_NO_ROOM: Final = f"What rules make of the events of a request may have {MAX_INPUTS} characters together."


class TargetInput(NamedTuple):
    """The input of a target; without a `body` it is the whole event. `target` has values in place of dynamic paths.
    `error` says why there is no input, as a code and a sentence.
    """

    target: Mapping[str, Any]
    body: str | None = None
    error: tuple[str, str] | None = None


class RuleMatch(NamedTuple):
    """A rule that matched, as its index in the `rules` of `evaluate`, and the input of each target, in order."""

    rule: int
    inputs: tuple[TargetInput, ...]


class Evaluation(NamedTuple):
    """`text` is the whole event as JSON."""

    text: str
    matches: tuple[RuleMatch, ...]


def evaluate(
    head: Mapping[str, Any], detail: str, accepted: str, rules: Sequence[tuple[str, Rule]], room: int = MAX_INPUTS
) -> Evaluation | None:
    """What becomes of the event with this head and this detail, a text; None if the detail is no JSON object. Each rule
    is behind its pattern.

    `accepted` is the time of acceptance as events have times. `room` is for the inputs that are made of the event, in
    characters: they are all in memory until they are written, 300 rules of five targets each could make 1.5 GB of 1 MB.
    """
    event = _event(head, detail)
    if event is None:
        return None
    try:
        text = dump(event)
    except (RecursionError, ValueError):  # 1e999 is read as infinity, for which JSON has no number
        return None
    prepared, texts, matches = prepare(event), EventTexts(text), list[RuleMatch]()
    for number, (pattern, rule) in enumerate(rules):
        if _matcher(pattern).match(prepared):
            inputs = inputs_of(rule, event, texts, accepted, room)
            room -= sum(map(_length, inputs))
            matches.append(RuleMatch(number, inputs))
    return Evaluation(text, tuple(matches))


def is_costly_for(detail: str, rules: Sequence[tuple[str, Rule]]) -> bool:
    """Whether `evaluate` may take more than a few milliseconds: many variables can each be for the whole event."""
    return is_costly(detail) or len(detail) * sum(_variables(rule) for _, rule in rules) > 2 * LARGE


def _variables(rule: Rule) -> int:
    templates = (target["InputTransformer"]["InputTemplate"] for target in rule.targets if "InputTransformer" in target)
    return sum(template.count("<") for template in templates)


def inputs_of(
    rule: Rule, event: Mapping[str, Any], texts: EventTexts, accepted: str, room: int = MAX_INPUTS
) -> tuple[TargetInput, ...]:
    """What the targets of a rule get of an event, whose texts are the same as JSON; see `evaluate`."""
    arn = rule_arn(Stack(region=event["region"], account=event["account"]), rule.bus, rule.name)
    matched, inputs = Matched(event, texts, arn, rule.name, accepted), list[TargetInput]()
    for target in rule.targets:
        made = _input_of(target, matched)
        if _length(made) > room:
            made = TargetInput(target, error=("INPUT_TOO_LONG", _NO_ROOM))
        room -= _length(made)
        inputs.append(made)
    return tuple(inputs)


def is_match(pattern: str, event: str, required: Sequence[str]) -> bool | None:
    """Whether an event, a text, matches a valid pattern; None if it is no JSON object with the required fields."""
    try:
        data = read_json(event)
    except ValueError:
        return None
    if not isinstance(data, dict) or any(field not in data for field in required):
        return None
    return _matcher(pattern).match(prepare(data))


def _event(head: Mapping[str, Any], detail: str) -> dict[str, Any] | None:
    try:
        data = read_json(detail)
    except ValueError:
        return None
    return {**head, "detail": data} if isinstance(data, dict) else None


def _input_of(target: Mapping[str, Any], matched: Matched) -> TargetInput:
    try:
        body = input_of(target, matched)
    except InvalidInput as error:
        return TargetInput(target, error=(error.code, str(error)))
    return TargetInput(_filled_in(target, matched.event), None if body is matched.texts.whole else body)


def _length(made: TargetInput) -> int:
    """The characters that are kept for this target alone."""
    return len(made.body or "")


def _filled_in(target: Mapping[str, Any], event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The target with values in place of dynamic paths."""
    group = target.get("SqsParameters", {}).get("MessageGroupId")
    if group is not None:
        target = {**target, "SqsParameters": {"MessageGroupId": parameter_of(group, event)}}
    http = target.get("HttpParameters")
    return target if http is None else {**target, "HttpParameters": _filled_in_http(http, event)}


def _filled_in_http(parameters: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    path = [parameter_of(value, event) for value in parameters.get("PathParameterValues", ())]
    others = {
        name: {key: parameter_of(value, event) for key, value in parameters.get(name, {}).items()} for name in _NAMED
    }
    return {"PathParameterValues": path, **others}


@lru_cache(4096)
def _matcher(pattern: str) -> Matcher:
    return compile_pattern(pattern, EVENTBRIDGE)
