"""Messages about objects, compared with what was recorded of AWS where the recordings are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from esb_gateway.event_sources.s3.events import bus_event, notification, sequencer
from esb_gateway.storage_events.object_event import ObjectEvent
from tests.gateway.recorded.recordings import MISSING, RECORDED

CREATED = ObjectEvent(
    "ObjectCreated:Put", "files", "a@b", 1_796_000_948_231_510_632, 9, "437b930db84b8079c2dd804a71936b5f"
)
DELETED = ObjectEvent("ObjectRemoved:Delete", "files", "a", 1_796_000_948_231_510_633)


def shape(value: Any) -> Any:
    """The keys of mappings, at any depth."""
    return {key: shape(inner) for key, inner in value.items()} if isinstance(value, dict) else type(value).__name__


def recorded(module: str, test: str) -> Any:
    file = RECORDED / f"s3/{module}.json"
    if not file.is_file():
        pytest.skip(MISSING)
    return json.loads(file.read_text(encoding="utf-8"))[test]["recorded-content"]


@pytest.mark.parametrize(
    ("test", "event"),
    [
        ("TestS3NotificationsToSQS::test_key_encoding", CREATED),
        ("TestS3NotificationsToSQS::test_delete_objects", DELETED),
    ],
)
def test_a_record_is_as_recorded(test: str, event: ObjectEvent) -> None:
    wanted = recorded("test_s3_notifications_sqs", test)["receive_messages"]["messages"][0]
    (record,) = notification(event, "id", "us-east-1", "123456789012")["Records"]
    assert shape(record) == shape(wanted)
    for key in ("eventName", "eventSource", "eventVersion"):
        assert record[key] == wanted[key]
    if event is CREATED:
        assert record["s3"]["object"]["key"] == wanted["s3"]["object"]["key"]


@pytest.mark.parametrize(("step", "event"), [("object_created", CREATED), ("object_deleted", DELETED)])
def test_an_event_on_the_bus_is_as_recorded(step: str, event: ObjectEvent) -> None:
    test = "TestS3NotificationsToEventBridge::test_object_created_put"
    wanted = recorded("test_s3_notifications_eventbridge", test)[step]
    found = bus_event(event, "eu-central-1", "123456789012")
    assert shape(found.detail) == shape(wanted["detail"])
    assert found.detail_type == wanted["detail-type"]
    assert found.detail["reason"] == wanted["detail"]["reason"]
    assert found.detail.get("deletion-type") == wanted["detail"].get("deletion-type")


def test_keys_are_encoded_for_functions_and_not_for_buses() -> None:
    event = CREATED._replace(key="in/a b+ü.txt")
    (record,) = notification(event, "id", "us-east-1", "123456789012")["Records"]
    assert record["s3"]["object"]["key"] == "in/a+b%2B%C3%BC.txt"
    assert record["eventTime"] == "2026-11-30T01:09:08.231Z"
    assert bus_event(event, "eu-central-1", "1").detail["object"]["key"] == "in/a b+ü.txt"


@pytest.mark.parametrize(
    ("name", "detail_type"),
    [
        ("ObjectTagging:Put", "Object Tags Added"),
        ("ObjectTagging:Delete", "Object Tags Deleted"),
        ("ObjectAcl:Put", "Object ACL Updated"),
        ("ObjectRemoved:DeleteMarkerCreated", "Object Deleted"),
    ],
)
def test_other_events_have_types_of_their_own(name: str, detail_type: str) -> None:
    assert bus_event(CREATED._replace(name=name), "eu-central-1", "1").detail_type == detail_type


def test_a_later_event_of_a_key_has_a_greater_sequencer() -> None:
    assert sequencer(CREATED) < sequencer(DELETED)
