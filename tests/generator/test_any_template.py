"""Whatever is done to a real template, it ends in documents that hold to their schemas, or in sentences with places.

ESB_FUZZ_EXAMPLES says how many templates are tried (20000 take minutes).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from esb_generator.cloudformation.intrinsics import resolve
from esb_generator.cloudformation.parameters import declared_parameters
from esb_generator.cloudformation.reading import template
from esb_generator.cloudformation.reading.yaml_reader import read_text
from esb_generator.errors import Problem, TemplateError
from esb_generator.expand import expand
from esb_generator.output.documents import documents
from esb_generator.output.documents.check import check
from esb_generator.values import Map, Seq, Value
from tests.generator.contexts import context

Place: TypeAlias = tuple[Any, Any]  # a mapping or list, and a key or index of it

EXAMPLES = int(os.environ.get("ESB_FUZZ_EXAMPLES", "150"))
HERE = Path(__file__).parent
SEEDS = [path for path in HERE.glob("cases/*/*/template.yaml") if not path.parent.name.startswith("error-")]
SEEDS = sorted([*SEEDS, *HERE.glob("templates/*.yaml")])
PIECES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**30,
    "", " ", "x", "*", "$default", "/", "{a}", "${A}", "arn:aws:sqs:::q", "é\0",
    [], {}, [None], [[]], [{}], {"": ""}, {"x": None}, {"Type": "AWS::Serverless::Function"},
    {"Ref": "Nope"}, {"Ref": "AWS::NoValue"}, {"Fn::GetAtt": ["A", "Arn"]}, {"Fn::If": ["C", 1, 2]},
    {"Fn::Sub": "${B.C}"},
)  # fmt: skip


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=EXAMPLES == 150)
@given(st.data())
def test_any_change(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(SEEDS))
    document = deepcopy(DOCUMENTS[path])
    for _ in range(data.draw(st.sampled_from([1, 1, 1, 2, 3]))):  # few: what comes first is refused first
        change(document, data)
    assert_told(json.dumps(document).encode(), path)


def change(document: dict[str, Any], data: st.DataObject) -> None:
    """One thing is left out, put elsewhere, called otherwise, or is something else."""
    places = list(places_of(document))
    if not places:
        return
    parent, key = data.draw(st.sampled_from(places))
    match data.draw(st.sampled_from(["remove", "replace", "copy", "rename", "wrap", "list"])):
        case "remove":
            del parent[key]
        case "replace":
            parent[key] = deepcopy(data.draw(st.sampled_from(PIECES)))
        case "copy":
            source, name = data.draw(st.sampled_from(places))
            parent[key] = deepcopy(source[name])
        case "rename" if isinstance(parent, dict):
            parent[data.draw(st.sampled_from([f"{key}s", key[:-1], key.lower(), "Ref", "Fn::Sub", "Type"]))] = (
                parent.pop(key)
            )
        case "wrap":
            parent[key] = {data.draw(st.sampled_from(["Ref", "Fn::Join", "Fn::Select", "Fn::If", "a"])): parent[key]}
        case _:
            parent[key] = [parent[key], parent[key]]


def places_of(value: Any) -> Iterator[Place]:
    """Everything in a document, by what it is in."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places_of(value[key])


def assert_told(content: bytes, path: Path) -> None:
    """All that a build does without a disk to write to; what else than TemplateError it raises is a failure."""
    problems: tuple[Problem, ...] = ()
    try:
        loaded = template.checked(read_text(content, "t.json"), "t.json")
        values = declared_parameters.values_of(loaded, {})
        read_file = template.relative_reader(path)
        given = context(
            parameters=values.values, read=read_file, placeholders=values.placeholders, stored=values.stored
        )
        resolved = resolve(loaded, given)
        expansion = expand(resolved, read_file=read_file)
        problems = tuple(Problem(notice.mark, notice.text) for notice in expansion.notices)
        check(documents.documents(expansion.application), expansion.application)
    except TemplateError as error:
        problems = error.problems
        assert all(problem.text.isprintable() for problem in problems)
    assert all(problem.mark.line > 0 and problem.mark.column > 0 and problem.text for problem in problems)


def plain(value: Value) -> Any:
    """Without the places."""
    if isinstance(value, Map):
        return {key: plain(child) for key, child in value.items()}
    return [plain(child) for child in value] if isinstance(value, Seq) else value


DOCUMENTS = {path: plain(read_text(path.read_bytes(), path.name, on_duplicate=lambda _: None)) for path in SEEDS}
