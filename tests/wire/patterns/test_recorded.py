"""Patterns against what AWS was recorded to answer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from esb_wire.patterns import EVENTBRIDGE, SNS, InvalidPattern, compile_pattern, prepare
from tests.wire.patterns.recordings import MISSING, RECORDED, read_vector, recorded, vectors

pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason=MISSING)

_SOURCE = re.compile(r'\(String\)"(.*)"; line', re.DOTALL)


@pytest.mark.parametrize("path", vectors(), ids=lambda path: path.stem)
def test_a_vector_of_eventbridge(path: Path) -> None:
    event, pattern = read_vector(path)
    if path.stem.endswith("_EXC"):
        with pytest.raises(InvalidPattern) as refused:
            compile_pattern(pattern, EVENTBRIDGE)
        answer = recorded("events/test_events_patterns")[f"test_event_pattern[{path.stem}]"][path.stem]
        message = answer["exception_message"]["Error"]["Message"]
        assert f"Event pattern is not valid. Reason: {refused.value}" == message
    else:
        matched = compile_pattern(pattern, EVENTBRIDGE).match(prepare(event))
        assert matched is not path.stem.endswith("_NEG")


def _refused(module: str, prefix: str) -> list[tuple[str, str]]:
    """The patterns that a module's answers quote, each with AWS's reason."""
    if not RECORDED.exists():
        return []
    found = set[tuple[str, str]]()
    for steps in recorded(module).values():
        for answer in steps.values():
            error = _error(answer)
            message = error.get("MessageRaw", error.get("Message", ""))
            if message.startswith(prefix) and (source := _SOURCE.search(message)):
                pattern = source[1].split('"; line')[0]
                found.add((pattern, message.removeprefix(prefix).partition("\n at ")[0]))
    return sorted(found)


def _error(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        return {}
    error: dict[str, Any] = answer.get("exception_message", answer).get("Error", {})
    return error


@pytest.mark.parametrize(
    ("pattern", "reason"),
    _refused("events/test_events_patterns", "Event pattern is not valid. Reason: "),
)
def test_a_pattern_that_eventbridge_refuses(pattern: str, reason: str) -> None:
    with pytest.raises(InvalidPattern) as refused:
        compile_pattern(pattern.replace("<partition>", "aws").replace("<region>", "us-east-1"), EVENTBRIDGE)
    assert str(refused.value).partition("\n at ")[0] == reason


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        *_refused("sns/test_sns_filter_policy", "Invalid parameter: Attributes Reason: FilterPolicy: "),
        *_refused("sns/test_sns_filter_policy", "Invalid parameter: FilterPolicy: "),
    ],
)
def test_a_policy_that_sns_refuses(pattern: str, reason: str) -> None:
    with pytest.raises(InvalidPattern) as refused:
        compile_pattern(pattern, SNS)
    assert str(refused.value) == reason


def test_policies_of_sns_on_the_body() -> None:
    steps = recorded("sns/test_sns_filter_policy")
    either = steps["test_filter_policy_on_message_body[True]"]
    policy = compile_pattern({"object": {"key": [{"prefix": "auto-"}, "hardcodedvalue"]}}, SNS)
    for step in ("recv-passed-msg-0", "recv-passed-msg-1"):
        assert policy.match(prepare(_body(either[step])))
    nested = steps["test_filter_policy_on_message_body_array_of_object_attributes"]["messages"]
    policy = compile_pattern(
        {"Records": {"s3": {"object": {"key": [{"prefix": "auto-"}]}}, "eventName": [{"prefix": "ObjectCreated:"}]}},
        SNS,
    )
    for message in nested["Messages"]:
        assert policy.match(prepare(message["Body"]))


def _body(answer: Any) -> dict[str, Any]:
    body = answer["Messages"][0]["Body"]
    read: dict[str, Any] = json.loads(body) if isinstance(body, str) else body
    return read
