"""Requests of RustFS as changes of objects."""

from __future__ import annotations

from typing import Any

import pytest

from esb_gateway.storage_events.object_event import ObjectEvent
from esb_gateway.storage_events.rustfs import InvalidDocument, object_events
from tests.gateway.storage_events.rustfs_requests import AUTHORIZATION, TIME, change

REQUEST_TIME = 1_764_495_000_150_000_000


@pytest.mark.parametrize("how", ["Put", "Copy", "Post", "CompleteMultipartUpload"])
def test_a_new_object(how: str) -> None:
    document = change(f"ObjectCreated:{how}", "a%2Fb+c%C3%A9%2B", size=7, eTag='"5d41"', versionId="v1")
    assert list(object_events(document)) == [
        ObjectEvent(f"ObjectCreated:{how}", "uploads", "a/b cé+", TIME, 7, "5d41", "v1")
    ]


@pytest.mark.parametrize("name", ["ObjectRemoved:Delete", "ObjectTagging:Put", "ObjectAcl:Put"])
def test_a_change_of_an_object_that_was_there_happens_when_it_is_asked_for(name: str) -> None:
    """The sequencer is the time of the content."""
    (event,) = object_events(change(name, "a", size=7, versionId=""))
    assert event == ObjectEvent(name, "uploads", "a", REQUEST_TIME)


@pytest.mark.parametrize("name", ["ObjectAccessed:Get", "ObjectTransition:Complete", "Scanner:BigPrefix"])
def test_what_is_no_change_is_left_out(name: str) -> None:
    assert list(object_events(change(name, "a"))) == []


def test_nothing_of_the_clients_request_is_in_an_event() -> None:
    (event,) = object_events(change("ObjectCreated:Put", "a", size=0))
    assert AUTHORIZATION not in repr(event)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"Records": [{}]},
        {"Records": 1},
        change("ObjectCreated:Put", "a", sequencer="later"),
        {"Records": ["a"]},
    ],
)
def test_anything_else_is_refused(document: Any) -> None:
    with pytest.raises(InvalidDocument):
        list(object_events(document))
