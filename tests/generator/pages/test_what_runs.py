"""docs/what-runs.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from esb_generator.pages.what_runs import delivery, meaning, reference
from esb_generator.resources.service import EventSourceType, ResourceType
from esb_generator.services import REGISTRY

PAGE = Path(__file__).parents[3] / "docs/what-runs.md"
ROWS = [row for service in REGISTRY.all_services() for row in service.resource_types]
EVENTS = [row for service in REGISTRY.all_services() for row in service.event_sources]


def test_the_page_is_generated() -> None:
    assert PAGE.read_text("utf-8") == reference(), "run `nox -s docs`"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.type)
def test_a_type_is_on_it_or_a_row_with_a_star_says_the_same(row: ResourceType) -> None:
    named = set(re.findall(r"`([A-Za-z0-9:]+\*?)`", reference()))
    stars = sorted((each for each in named if each[-1] == "*" and row.type.startswith(each[:-1])), key=len)
    assert row.type in named or meaning(REGISTRY.type(stars[-1])) == meaning(row)


@pytest.mark.parametrize("row", EVENTS, ids=lambda row: row.type)
def test_an_event_is_on_it_with_what_becomes_of_it(row: EventSourceType) -> None:
    assert re.search(rf"event `{row.type}` \| {delivery(row)} \||{delivery(row)}: .*event `{row.type}`", reference())


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        ("AWS::DynamoDB::Table", "runs"),
        ("AWS::Serverless::Function", "runs, if its files are on this machine"),
        ("AWS::Lambda::EventSourceMapping", "runs, if what it names does"),
        ("AWS::CloudFormation::Stack", "runs, if its template is a local file"),
        ("AWS::ApiGatewayV2::Api", "runs, unless a property asks for what is missing"),
        ("AWS::IAM::Role", "not needed"),
        ("AWS::Kinesis::Stream", "no Kinesis in the stack"),
    ],
)
def test_the_words_are_those_of_the_row(type_: str, text: str) -> None:
    assert meaning(REGISTRY.type(type_)) == text
