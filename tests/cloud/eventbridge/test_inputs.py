"""What a target gets of an event. Nothing is sent.

Sources: EventBridge user guide, "Amazon EventBridge input transformation"; recorded/events/test_events_inputs.json.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from esb_cloud.eventbridge.inputs import EventTexts, InvalidInput, Matched, dump, input_of
from esb_cloud.eventbridge.json_paths import MISSING, InvalidPath, find, parse_path

EVENT: dict[str, Any] = {
    "version": "0",
    "id": "1",
    "detail-type": "Something",
    "source": "my.app",
    "detail": {"user": "a", "n": 1, "ok": True, "none": None, "list": ["X", "Y"], "object": {"k": "v"}, "quote": 'a"b'},
}
PATHS = {name: f"$.detail.{name}" for name in ("user", "n", "ok", "none", "list", "object", "quote", "missing")}
MATCHED = Matched(EVENT, EventTexts(dump(EVENT)), "arn:rule", "rule", "2026-01-02T03:04:05Z")


def transformed(template: str) -> str:
    return input_of({"InputTransformer": {"InputPathsMap": PATHS, "InputTemplate": template}}, MATCHED)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, dump(EVENT)),
        ({"Input": '{"a": 1}'}, '{"a": 1}'),
        ({"InputPath": "$.detail.object"}, '{"k":"v"}'),
        ({"InputPath": "$.detail.user"}, '"a"'),
        ({"InputPath": "$"}, dump(EVENT)),
        ({"InputPath": "$.missing"}, "null"),
    ],
)
def test_a_target_gets_the_event_a_part_of_it_or_a_constant(target: dict[str, Any], expected: str) -> None:
    assert input_of(target, MATCHED) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('"user <user> and <n>"', '"user a and 1"'),
        ('"<list> of <object>, <ok>, <missing>."', '"[X,Y] of {k:v}, true, ."'),
        ('"one <user>"\n"two <user>"', '"one a"\n"two a"'),
        ('{"a": <user>, "b": <n>, "c": <object>}', '{"a": "a", "b": 1, "c": {"k":"v"}}'),
        ('{"a": "x/<user>/<n>"}', '{"a": "x/a/1"}'),
        ('{"a": <missing>, "b": "<missing>", "c": <none>}', '{"a": "", "b": "", "c": null}'),
        ('{"a": [<user>, "x"]}', '{"a": ["a", "x"]}'),
        ('{"a": "<quote>"}', '{"a": "a\\"b"}'),
        ('{"a": "\\"<user>\\""}', '{"a": "\\"a\\""}'),
        ("<object>", '{"k":"v"}'),
        ('"<aws.events.rule-arn> <aws.events.rule-name>"', '"arn:rule rule"'),
        ('{"t": <aws.events.event.ingestion-time>}', '{"t": "2026-01-02T03:04:05Z"}'),
        ("<aws.events.event.json>", dump(EVENT)),
    ],
)
def test_a_template_is_filled_in(template: str, expected: str) -> None:
    assert transformed(template) == expected


def test_the_event_without_its_detail() -> None:
    """Recorded: test_input_transformer_predefined_variables."""
    event = json.loads(transformed("<aws.events.event>"))
    assert set(event) == {"version", "id", "detailType", "source", "time"}


@pytest.mark.parametrize("template", ["<list> and more", '{"a": <user>', "{<user>}"])
def test_templates_that_make_no_json(template: str) -> None:
    with pytest.raises(InvalidInput):
        transformed(template)


@pytest.mark.parametrize("value", ["", 'a"b', "\\", 0, -1, 1.5, True, None, [], [1], {}, {"k": 1}])
@pytest.mark.parametrize(
    "template",
    [
        *("<v>", "<v><v>", "<v>,", " <v> ", "[<v>,<v>]", "[1<v>]", "[-<v>]", "[<v>0]", "[[<v>]", "[<v>]]"),
        *('{"a":<v>}', "{<v>:1}", '{"a":1<v>}', '{"a":<v>"b"}', '[<v>,"<v>"]', '["\\\\",<v>]', "nul<v>"),
    ],
)
def test_an_input_is_sent_if_and_only_if_it_is_json(template: str, value: Any) -> None:
    written = dump(value)
    quoted = written if isinstance(value, str) else '"' + written.replace('"', "") + '"'
    text = template.replace('"<v>"', quoted).replace("<v>", written)
    target = {"InputTransformer": {"InputPathsMap": {"v": "$.v"}, "InputTemplate": template}}
    matched = MATCHED._replace(event={"v": value}, texts=EventTexts(dump({"v": value})))
    try:
        found = input_of(target, matched)
    except InvalidInput:
        with pytest.raises(ValueError, match=r"."):
            json.loads(text)
    else:
        assert json.loads(found) == json.loads(text)


def test_a_part_of_an_event_is_written_once_for_many_rules() -> None:
    texts = EventTexts("{}")
    value = {"a": [1, 2]}
    first = texts.part("$.a", value)
    assert (first, texts.part("$.a", value) is first) == ('{"a":[1,2]}', True)
    for number in range(100):
        assert texts.part(f"$.{number}", [number]) == f"[{number}]"
    assert texts.part("$.a", value) is not first  # so that not all of many parts are in memory


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.a.b", 1),
        ("$['a'].b", 1),
        ('$["a"]["b"]', 1),
        ("$.l[0].x", 1),
        ("$.l[1].x", MISSING),
        ("$.l[9]", MISSING),
        ("$.l[*].x", [1]),
        ("$.a.*", [1]),
        ("$.d-e", 2),
        ("$.a.b.c", MISSING),
    ],
)
def test_a_path_finds_a_value(path: str, expected: Any) -> None:
    value = {"a": {"b": 1}, "l": [{"x": 1}, {"y": 2}], "d-e": 2}
    assert find(value, parse_path(path)) == expected


@pytest.mark.parametrize("path", ["", "a", "$a", "$.", "$.a[", "$[x]", "$.a b"])
def test_texts_that_are_no_path(path: str) -> None:
    with pytest.raises(InvalidPath):
        parse_path(path)
